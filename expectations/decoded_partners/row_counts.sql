-- Rows of each partner's table against those of the last release; what is gone has 0.
with found as (
    select 'partners:customs_exporters' as name, count(*) as rows from lake.customs_exporters
    union all
    select 'partners:federation_members' as name, count(*) as rows from lake.federation_members
    union all
    select 'partners:innovation_aid' as name, count(*) as rows from lake.innovation_aid
    union all
    select 'partners:institutions' as name, count(*) as rows from lake.institutions
    union all
    select 'partners:labour_need' as name, count(*) as rows from lake.labour_need
    union all
    select 'partners:opportunities' as name, count(*) as rows from lake.opportunities
    union all
    select 'partners:placements' as name, count(*) as rows from lake.placements
    union all
    select 'partners:quoted_figures' as name, count(*) as rows from lake.quoted_figures
    union all
    select 'partners:rncp_sheets' as name, count(*) as rows from lake.rncp_sheets
    union all
    select 'partners:stopovers' as name, count(*) as rows from lake.stopovers
    union all
    select 'partners:training_offers' as name, count(*) as rows from lake.training_offers
    union all
    select 'partners:vacancies' as name, count(*) as rows from lake.vacancies
    union all
    select 'partners:workshop_attendance' as name, count(*) as rows from lake.workshop_attendance
    union all
    select 'partners:workshop_hosts' as name, count(*) as rows from lake.workshop_hosts
    union all
    select 'partners:workshop_questions' as name, count(*) as rows from lake.workshop_questions
),

before as (
    select name, rows
    from previous.rows
    where starts_with(name, 'partners:')
)

select
    coalesce(found.name, before.name) as name,
    coalesce(found.rows, 0) as rows,
    before.rows as previous_rows,
    coalesce(found.rows, 0) > 0 or coalesce(before.rows, 0) = 0 as is_still_there
from found
full join before on before.name = found.name
