-- Rows lost of each partner's table, against those that are there.
with there as (
    select 'customs_exporters' as table_name, count(*) as rows from lake.customs_exporters
    union all
    select 'federation_members' as table_name, count(*) as rows from lake.federation_members
    union all
    select 'innovation_aid' as table_name, count(*) as rows from lake.innovation_aid
    union all
    select 'institutions' as table_name, count(*) as rows from lake.institutions
    union all
    select 'labour_need' as table_name, count(*) as rows from lake.labour_need
    union all
    select 'opportunities' as table_name, count(*) as rows from lake.opportunities
    union all
    select 'placements' as table_name, count(*) as rows from lake.placements
    union all
    select 'quoted_figures' as table_name, count(*) as rows from lake.quoted_figures
    union all
    select 'rncp_sheets' as table_name, count(*) as rows from lake.rncp_sheets
    union all
    select 'stopovers' as table_name, count(*) as rows from lake.stopovers
    union all
    select 'training_offers' as table_name, count(*) as rows from lake.training_offers
    union all
    select 'vacancies' as table_name, count(*) as rows from lake.vacancies
    union all
    select 'workshop_attendance' as table_name, count(*) as rows from lake.workshop_attendance
    union all
    select 'workshop_hosts' as table_name, count(*) as rows from lake.workshop_hosts
    union all
    select 'workshop_questions' as table_name, count(*) as rows from lake.workshop_questions
),

lost as (
    select table_name, count(distinct file || row_number) as rows
    from lake.partner_quarantine
    where is_row_lost
    group by table_name
)

select
    there.table_name,
    there.rows,
    coalesce(lost.rows, 0) as lost_rows,
    coalesce(lost.rows, 0) / nullif(there.rows + coalesce(lost.rows, 0), 0) as lost_share
from there
left join lost on lost.table_name = there.table_name
