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

weight_strata as (
    {{ strata('cells', 1) | indent(4) }}
),

variance_strata as (
    {{ strata('cells', 2) | indent(4) }}
)

select
    cells.edition,
    cells.stratum_region,
    cells.stratum_size_class,
    cells.population,
    cells.respondents,
    weights.stratum as weight_stratum,
    variances.stratum as variance_stratum,
    cast(variances.respondents as bigint) as variance_respondents,
    cast(weights.population as double) / nullif(weights.respondents, 0) as weight
from cells
inner join weight_strata as weights
    on
        cells.edition = weights.edition
        and cells.stratum_region = weights.stratum_region
        and cells.stratum_size_class = weights.stratum_size_class
inner join variance_strata as variances
    on
        cells.edition = variances.edition
        and cells.stratum_region = variances.stratum_region
        and cells.stratum_size_class = variances.stratum_size_class
