-- The keys of partners' tables that stand there most often, twenty a table.
(
    select 'customs_exporters' as table_name, coalesce(cast(company_key as varchar), '?') || ' / ' || coalesce(cast(year as varchar), '?') as row_key, count(*) as rows
    from lake.customs_exporters
    group by company_key, year
    order by rows desc, row_key
    limit 20
)
union all
(
    select 'federation_members' as table_name, coalesce(cast(company_key as varchar), '?') as row_key, count(*) as rows
    from lake.federation_members
    group by company_key
    order by rows desc, row_key
    limit 20
)
union all
(
    select 'innovation_aid' as table_name, coalesce(cast(decision_id as varchar), '?') as row_key, count(*) as rows
    from lake.innovation_aid
    group by decision_id
    order by rows desc, row_key
    limit 20
)
union all
(
    select 'institutions' as table_name, coalesce(cast(institution_id as varchar), '?') as row_key, count(*) as rows
    from lake.institutions
    group by institution_id
    order by rows desc, row_key
    limit 20
)
union all
(
    select 'labour_need' as table_name, coalesce(cast(year as varchar), '?') || ' / ' || coalesce(cast(area_code as varchar), '?') || ' / ' || coalesce(cast(occupation_code as varchar), '?') as row_key, count(*) as rows
    from lake.labour_need
    group by year, area_code, occupation_code
    order by rows desc, row_key
    limit 20
)
union all
(
    select 'opportunities' as table_name, coalesce(cast(opportunity_id as varchar), '?') as row_key, count(*) as rows
    from lake.opportunities
    group by opportunity_id
    order by rows desc, row_key
    limit 20
)
union all
(
    select 'placements' as table_name, coalesce(cast(placement_id as varchar), '?') as row_key, count(*) as rows
    from lake.placements
    group by placement_id
    order by rows desc, row_key
    limit 20
)
union all
(
    select 'quoted_figures' as table_name, coalesce(cast(quote_id as varchar), '?') as row_key, count(*) as rows
    from lake.quoted_figures
    group by quote_id
    order by rows desc, row_key
    limit 20
)
union all
(
    select 'rncp_sheets' as table_name, coalesce(cast(rncp_code as varchar), '?') as row_key, count(*) as rows
    from lake.rncp_sheets
    group by rncp_code
    order by rows desc, row_key
    limit 20
)
union all
(
    select 'stopovers' as table_name, coalesce(cast(stopover_id as varchar), '?') as row_key, count(*) as rows
    from lake.stopovers
    group by stopover_id
    order by rows desc, row_key
    limit 20
)
union all
(
    select 'training_offers' as table_name, coalesce(cast(offer_id as varchar), '?') as row_key, count(*) as rows
    from lake.training_offers
    group by offer_id
    order by rows desc, row_key
    limit 20
)
union all
(
    select 'vacancies' as table_name, coalesce(cast(vacancy_id as varchar), '?') as row_key, count(*) as rows
    from lake.vacancies
    group by vacancy_id
    order by rows desc, row_key
    limit 20
)
union all
(
    select 'workshop_attendance' as table_name, coalesce(cast(stopover_id as varchar), '?') || ' / ' || coalesce(cast(attendee_kind as varchar), '?') as row_key, count(*) as rows
    from lake.workshop_attendance
    group by stopover_id, attendee_kind
    order by rows desc, row_key
    limit 20
)
union all
(
    select 'workshop_hosts' as table_name, coalesce(cast(stopover_id as varchar), '?') || ' / ' || coalesce(cast(host as varchar), '?') as row_key, count(*) as rows
    from lake.workshop_hosts
    group by stopover_id, host
    order by rows desc, row_key
    limit 20
)
union all
(
    select 'workshop_questions' as table_name, coalesce(cast(stopover_id as varchar), '?') || ' / ' || coalesce(cast(question_number as varchar), '?') as row_key, count(*) as rows
    from lake.workshop_questions
    group by stopover_id, question_number
    order by rows desc, row_key
    limit 20
)
