-- One row an edition, those without any respondent too.
with respondents as (
    select
        edition,
        count(*) as respondents,
        avg(cast(is_complete as integer)) as complete_share,
        avg(cast(company_key is null as integer)) as without_key_share,
        avg(cast(is_test as integer)) as test_share,
        avg(cast(is_undated as integer)) as undated_share
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
    r.complete_share,
    r.without_key_share,
    r.test_share,
    coalesce(x.rows, 0) / (coalesce(x.rows, 0) + coalesce(r.respondents, 0)) as rejected_share
from lake.editions as e
left join respondents as r on r.edition = e.edition
left join rejected as x on x.edition = e.edition
