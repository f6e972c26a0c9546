-- One row an edition, those without any respondent too. Shares of fewer than 50 say nothing, and are null.
with respondents as (
    select
        edition,
        count(*) as respondents,
        avg(cast(is_complete as integer)) as complete_share,
        avg(cast(company_key is null as integer)) as without_key_share,
        avg(cast(is_test as integer)) as test_share
    from lake.respondents
    group by edition
),

rejected as (
    select edition, count(distinct (source, file, row_number)) as rows
    from lake.quarantine
    where reason_code in ('rejected_row', 'missing_id', 'duplicate_id')
    group by edition
)

select
    e.edition,
    coalesce(r.respondents, 0) as respondents,
    case when r.respondents >= 50 then r.complete_share end as complete_share,
    case when r.respondents >= 50 then r.without_key_share end as without_key_share,
    case when r.respondents >= 50 then r.test_share end as test_share,
    case
        when r.respondents + coalesce(x.rows, 0) >= 50
            then coalesce(x.rows, 0) / (coalesce(x.rows, 0) + r.respondents)
    end as rejected_share
from lake.editions as e
left join respondents as r on r.edition = e.edition
left join rejected as x on x.edition = e.edition
