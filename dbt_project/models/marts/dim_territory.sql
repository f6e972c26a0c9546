with members as (
    select
        communes.territory_id,
        communes.departement_code,
        communes.region_code,
        count(*) as communes,
        sum(stg.population) as population
    from {{ ref('int_communes') }} as communes
    inner join {{ ref('stg_lake__communes') }} as stg
        on communes.commune_code = stg.commune_code
    where communes.territory_id is not null
    group by communes.territory_id, communes.departement_code, communes.region_code
),

shares as (
    select
        members.*,
        sum(population) over (partition by territory_id, region_code) as region_population
    from members
),

ranked as (
    select
        shares.*,
        row_number() over (
            partition by territory_id
            order by
                region_population desc nulls last,
                region_code asc,
                population desc nulls last,
                departement_code asc
        ) as place
    from shares
),

summed as (
    select
        territory_id,
        sum(communes) as communes,
        count(distinct departement_code) as departements,
        count(distinct region_code) as regions,
        sum(population) as population
    from members
    group by territory_id
)

select
    territories.territory_id,
    territories.name,
    ranked.departement_code,
    departements.name as departement_name,
    ranked.region_code,
    regions.name as region_name,
    cast(coalesce(summed.communes, 0) as bigint) as communes,
    coalesce(summed.departements, 0) as departements,
    coalesce(summed.regions, 0) as regions,
    cast(summed.population as bigint) as population
from {{ ref('stg_lake__territories') }} as territories
left join summed
    on territories.territory_id = summed.territory_id
left join ranked
    on
        territories.territory_id = ranked.territory_id
        and ranked.place = 1
left join {{ ref('stg_lake__departements') }} as departements
    on ranked.departement_code = departements.departement_code
left join {{ ref('stg_lake__regions') }} as regions
    on ranked.region_code = regions.region_code
