with frames as (
    select
        edition,
        count(*) as population,
        sum(case when is_invited then 1 else 0 end) as invited
    from {{ ref('int_frame_located') }}
    group by edition
),

responses as (
    select
        edition,
        sum(case when not is_test then 1 else 0 end) as responses,
        sum(case when is_test then 1 else 0 end) as test_responses,
        sum(case when is_retained then 1 else 0 end) as retained_responses,
        sum(case when is_in_figures then 1 else 0 end) as respondents
    from {{ ref('fct_response') }}
    group by edition
),

rejects as (
    select
        edition,
        count(*) as quarantined
    from {{ ref('stg_lake__quarantine') }}
    group by edition
)

select
    editions.edition,
    editions.year,
    editions.title_fr,
    editions.title_en,
    editions.status,
    editions.is_simulated,
    editions.has_frame,
    frames.population,
    cast(frames.invited as bigint) as invited,
    cast(coalesce(responses.responses, 0) as bigint) as responses,
    cast(coalesce(responses.test_responses, 0) as bigint) as test_responses,
    cast(coalesce(responses.retained_responses, 0) as bigint) as retained_responses,
    cast(coalesce(responses.respondents, 0) as bigint) as respondents,
    coalesce(rejects.quarantined, 0) as quarantined
from {{ ref('stg_lake__editions') }} as editions
left join frames
    on
        editions.edition = frames.edition
        and editions.has_frame
left join responses
    on editions.edition = responses.edition
left join rejects
    on editions.edition = rejects.edition
