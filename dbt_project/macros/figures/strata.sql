{#- The collapsed strata of a frame, one row a cell of `cells` (edition, stratum_region, stratum_size_class, position of the
    size class, population, respondents): régions are collapsed first, in the order of their codes, then the size
    classes within them, from small to large, until a stratum holds `least` respondents (see collapse). Adds the name of
    the stratum, its population and its respondents. -#}
{% macro strata(cells, least) -%}
{%- set stratum = 'partition by cells.edition, regions.group_number, sizes.group_number' -%}
{%- set by_size = stratum ~ ' order by cells.position rows between unbounded preceding and unbounded following' -%}
with by_region as (
    select
        edition,
        stratum_region,
        sum(respondents) as respondents
    from {{ cells }}
    group by edition, stratum_region
),

regions as (
    {{ collapse('by_region', ['edition'], 'stratum_region', least) | indent(4) }}
),

by_size as (
    select
        cells.edition,
        regions.group_number as region_group,
        cells.position,
        sum(cells.respondents) as respondents
    from {{ cells }} as cells
    inner join regions
        on
            cells.edition = regions.edition
            and cells.stratum_region = regions.stratum_region
    group by cells.edition, regions.group_number, cells.position
),

sizes as (
    {{ collapse('by_size', ['edition', 'region_group'], 'position', least) | indent(4) }}
),

bounds as (
    select
        cells.edition,
        cells.stratum_region,
        cells.stratum_size_class,
        min(cells.stratum_region) over ({{ stratum }}) as first_region,
        max(cells.stratum_region) over ({{ stratum }}) as last_region,
        first_value(cells.stratum_size_class) over ({{ by_size }}) as first_size,
        last_value(cells.stratum_size_class) over ({{ by_size }}) as last_size,
        sum(cells.population) over ({{ stratum }}) as population,
        sum(cells.respondents) over ({{ stratum }}) as respondents
    from {{ cells }} as cells
    inner join regions
        on
            cells.edition = regions.edition
            and cells.stratum_region = regions.stratum_region
    inner join sizes
        on
            regions.edition = sizes.edition
            and regions.group_number = sizes.region_group
            and cells.position = sizes.position
)

select
    edition,
    stratum_region,
    stratum_size_class,
    population,
    respondents,
    concat(
        first_region,
        case when first_region <> last_region then concat('..', last_region) else '' end,
        ' | ',
        first_size,
        case when first_size <> last_size then concat('..', last_size) else '' end
    ) as stratum
from bounds
{%- endmacro %}
