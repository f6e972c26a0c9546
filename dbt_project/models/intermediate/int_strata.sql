{%- set kinds = [('weight', 1), ('variance', 2)] -%}
with respondents as (
    select
        edition,
        stratum_region,
        stratum_size_class,
        count(*) as respondents
    from {{ ref('int_responses_located') }}
    where is_in_figures and frame_status <> 'no_frame'
    group by edition, stratum_region, stratum_size_class
),

population as (
    select
        edition,
        stratum_region,
        stratum_size_class,
        count(*) as population
    from {{ ref('int_frame_located') }}
    group by edition, stratum_region, stratum_size_class
),

cells as (
    select
        population.edition,
        population.stratum_region,
        population.stratum_size_class,
        population.population,
        -- Companies of unknown size come last.
        coalesce(sizes.position, 99) as position,
        coalesce(respondents.respondents, 0) as respondents
    from population
    left join respondents
        on
            population.edition = respondents.edition
            and population.stratum_region = respondents.stratum_region
            and population.stratum_size_class = respondents.stratum_size_class
    left join {{ ref('size_classes') }} as sizes
        on population.stratum_size_class = sizes.size_class
),

regions as (
    select
        edition,
        stratum_region,
        sum(respondents) as respondents
    from cells
    group by edition, stratum_region
),
{% for kind, least in kinds %}
{{ kind }}_regions as (
    {{ collapse('regions', ['edition'], 'stratum_region', least) | indent(4) }}
),

{{ kind }}_cells as (
    select
        cells.edition,
        regions.group_number as region_group,
        cells.position,
        sum(cells.respondents) as respondents
    from cells
    inner join {{ kind }}_regions as regions
        on
            cells.edition = regions.edition
            and cells.stratum_region = regions.stratum_region
    group by cells.edition, regions.group_number, cells.position
),

{{ kind }}_groups as (
    {{ collapse(kind ~ '_cells', ['edition', 'region_group'], 'position', least) | indent(4) }}
),

{{ kind }}_members as (
    select
        cells.edition,
        cells.stratum_region,
        cells.stratum_size_class,
        cells.position,
        cells.population,
        cells.respondents,
        regions.group_number as region_group,
        sizes.group_number as size_group
    from cells
    inner join {{ kind }}_regions as regions
        on
            cells.edition = regions.edition
            and cells.stratum_region = regions.stratum_region
    inner join {{ kind }}_groups as sizes
        on
            regions.edition = sizes.edition
            and regions.group_number = sizes.region_group
            and cells.position = sizes.position
),

{{ kind }}_strata as (
    select
        edition,
        region_group,
        size_group,
        sum(population) as population,
        sum(respondents) as respondents,
        concat(
            min(stratum_region),
            case when min(stratum_region) < max(stratum_region) then concat('..', max(stratum_region)) else '' end,
            ' | ',
            min(case when position = first_position then stratum_size_class end),
            case
                when first_position < last_position
                    then concat('..', min(case when position = last_position then stratum_size_class end))
                else ''
            end
        ) as stratum
    from (
        select
            members.*,
            min(position) over (partition by edition, region_group, size_group) as first_position,
            max(position) over (partition by edition, region_group, size_group) as last_position
        from {{ kind }}_members as members
    ) as bounded
    group by edition, region_group, size_group, first_position, last_position
),
{% endfor %}
placed as (
    select
        cells.edition,
        cells.stratum_region,
        cells.stratum_size_class,
        cells.population,
        cells.respondents,
        weight_strata.stratum as weight_stratum,
        weight_strata.population as weight_population,
        weight_strata.respondents as weight_respondents,
        variance_strata.stratum as variance_stratum,
        variance_strata.respondents as variance_respondents
    from cells
    {%- for kind, least in kinds %}
    inner join {{ kind }}_members
        on
            cells.edition = {{ kind }}_members.edition
            and cells.stratum_region = {{ kind }}_members.stratum_region
            and cells.stratum_size_class = {{ kind }}_members.stratum_size_class
    inner join {{ kind }}_strata
        on
            {{ kind }}_members.edition = {{ kind }}_strata.edition
            and {{ kind }}_members.region_group = {{ kind }}_strata.region_group
            and {{ kind }}_members.size_group = {{ kind }}_strata.size_group
    {%- endfor %}
)

select
    edition,
    stratum_region,
    stratum_size_class,
    cast(population as bigint) as population,
    cast(respondents as bigint) as respondents,
    weight_stratum,
    variance_stratum,
    cast(variance_respondents as bigint) as variance_respondents,
    cast(weight_population as double) / nullif(weight_respondents, 0) as weight
from placed
