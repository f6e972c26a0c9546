-- What was said in public stays as it was said; what we compute stands beside it, from the marts.
with computed as (
    select
        edition,
        indicator,
        domain_type,
        domain,
        value
    from {{ ref('ind_participation') }}
    union all
    select
        edition,
        indicator,
        domain_type,
        domain,
        value
    from {{ ref('ind_innovation_export') }}
    union all
    select
        edition,
        'stopovers' as indicator,
        'all' as domain_type,
        'all' as domain,
        cast(count(*) as double) as value
    from {{ ref('dim_stopover') }}
    group by edition
    union all
    select
        edition,
        'workshop_questions' as indicator,
        'all' as domain_type,
        'all' as domain,
        cast(count(*) as double) as value
    from {{ ref('fct_workshop_question') }}
    group by edition
    union all
    select
        edition,
        'workshop_attendance' as indicator,
        'all' as domain_type,
        'all' as domain,
        cast(sum(attended) as double) as value
    from {{ ref('fct_workshop_attendance') }}
    group by edition
    union all
    select
        editions.edition,
        'training_offers' as indicator,
        'all' as domain_type,
        'all' as domain,
        cast(count(*) as double) as value
    from {{ ref('fct_training_offer') }} as offers
    inner join {{ ref('dim_edition') }} as editions
        on year(offers.starts_on) between editions.year and editions.year + 1
    group by editions.edition
),

compared as (
    select
        quoted.*,
        computed.value as computed_value,
        quoted.quoted_value - computed.value as difference,
        -- Half a unit of the last decimal quoted; the rest is binary arithmetic.
        0.5 * power(10, -quoted.decimals) + 1e-9 as tolerance
    from {{ ref('stg_lake__quoted_figures') }} as quoted
    left join computed
        on
            quoted.edition = computed.edition
            and quoted.indicator = computed.indicator
            and coalesce(quoted.domain_type, 'all') = computed.domain_type
            and coalesce(quoted.domain, 'all') = computed.domain
)

select
    quote_id,
    quoted_on,
    quoted_by,
    medium,
    edition,
    indicator,
    coalesce(domain_type, 'all') as domain_type,
    coalesce(domain, 'all') as domain,
    wording,
    quoted_value,
    decimals,
    computed_value,
    difference,
    case
        when computed_value is null then 'not_computed'
        when abs(difference) <= tolerance then 'agrees'
        else 'differs'
    end as verdict
from compared
