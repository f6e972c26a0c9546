-- What was said in public stays as it was said; beside it stands what this release publishes, never an
-- estimate that is not published.
with published as (
    select
        edition,
        indicator,
        domain_type,
        domain,
        value
    from {{ ref('pub_participation') }}
    union all
    select
        edition,
        indicator,
        domain_type,
        domain,
        value
    from {{ ref('pub_innovation_export') }}
    union all
    select
        edition,
        'stopovers' as indicator,
        'all' as domain_type,
        'all' as domain,
        cast(count(*) as double) as value
    from {{ ref('pub_stopover') }}
    group by edition
    union all
    select
        edition,
        'workshop_questions' as indicator,
        'all' as domain_type,
        'all' as domain,
        cast(sum(questions) as double) as value
    from {{ ref('pub_tour_question') }}
    group by edition
    union all
    select
        edition,
        'workshop_attendance' as indicator,
        'all' as domain_type,
        'all' as domain,
        cast(sum(attended) as double) as value
    from {{ ref('pub_tour_attendance') }}
    group by edition
    union all
    select
        editions.edition,
        'training_offers' as indicator,
        'all' as domain_type,
        'all' as domain,
        cast(count(*) as double) as value
    from {{ ref('pub_training_offer') }} as offers
    inner join {{ ref('pub_edition') }} as editions
        on year(offers.starts_on) between editions.year and editions.year + 1
    group by editions.edition
)

select
    quoted.quote_id,
    quoted.edition,
    quoted.quoted_on,
    quoted.quoted_by,
    quoted.medium,
    quoted.indicator as measure,
    quoted.domain_type,
    quoted.domain,
    quoted.wording,
    quoted.quoted_value,
    quoted.decimals,
    published.value as published_value,
    case
        when published.value is null then 'not_published'
        -- Half a unit of the last decimal quoted; the rest is binary arithmetic.
        when abs(quoted.quoted_value - published.value) <= 0.5 * power(10, -quoted.decimals) + 1e-9
            then 'agrees'
        else 'differs'
    end as verdict
from {{ ref('fct_quoted_figure') }} as quoted
left join published
    on
        quoted.edition = published.edition
        and quoted.indicator = published.indicator
        and quoted.domain_type = published.domain_type
        and quoted.domain = published.domain
