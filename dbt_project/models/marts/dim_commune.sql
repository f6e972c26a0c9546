with members as (
    select
        commune_code,
        territory_id
    from {{ ref('int_communes') }}
    where territory_id is not null
),

-- What was different in the earlier vintage; everywhere else the body is today's.
earlier as (
    select
        commune_code,
        epci_code
    from {{ ref('stg_lake__epci_passage') }}
    where vintage = '2021'
),

placed as (
    select
        communes.*,
        departements.name as departement_name,
        departements.former_region_code,
        members.territory_id,
        case
            when earlier.commune_code is not null then earlier.epci_code
            else communes.epci_code
        end as epci_code_2021
    from {{ ref('stg_lake__communes') }} as communes
    left join {{ ref('stg_lake__departements') }} as departements
        on communes.departement_code = departements.departement_code
    left join members
        on communes.commune_code = members.commune_code
    left join earlier
        on coalesce(communes.district_of, communes.commune_code) = earlier.commune_code
),

points as (
    select
        place_kind,
        place_code,
        latitude,
        longitude
    from {{ ref('stg_lake__coordinates') }}
),

bodies as (
    select
        vintage,
        epci_code,
        name,
        vintage = max(vintage) over () as is_current
    from {{ ref('stg_lake__epcis') }}
)

select
    placed.commune_code,
    placed.name,
    placed.district_of,
    placed.departement_code,
    placed.departement_name,
    placed.region_code,
    regions.name as region_name,
    placed.former_region_code,
    former_regions.name as former_region_name,
    placed.epci_code,
    epcis.name as epci_name,
    placed.epci_code_2021,
    earlier_epcis.name as epci_name_2021,
    placed.ept_code,
    epts.name as ept_name,
    placed.territory_id,
    placed.population,
    coalesce(towns.latitude, centres.latitude) as latitude,
    coalesce(towns.longitude, centres.longitude) as longitude,
    case
        when towns.latitude is not null then 'commune'
        when centres.latitude is not null then 'epci'
    end as coordinates_of
from placed
left join {{ ref('stg_lake__regions') }} as regions
    on placed.region_code = regions.region_code
left join {{ ref('stg_lake__former_regions') }} as former_regions
    on placed.former_region_code = former_regions.former_region_code
-- A district lies where its commune does: it has no point of its own.
left join points as towns
    on
        coalesce(placed.district_of, placed.commune_code) = towns.place_code
        and towns.place_kind = 'commune'
left join points as centres
    on
        placed.epci_code = centres.place_code
        and centres.place_kind = 'epci'
left join bodies as epcis
    on
        placed.epci_code = epcis.epci_code
        and epcis.is_current
left join bodies as earlier_epcis
    on
        placed.epci_code_2021 = earlier_epcis.epci_code
        and earlier_epcis.vintage = '2021'
left join bodies as epts
    on
        placed.ept_code = epts.epci_code
        and epts.is_current
