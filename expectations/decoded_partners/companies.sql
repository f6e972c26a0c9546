-- Company keys of partners' tables, and whether each is one.
select 'customs_exporters' as table_name, company_key, regexp_full_match(company_key, '[0-9a-f]{32}') as is_key
from lake.customs_exporters
where company_key is not null
union
select 'federation_members' as table_name, company_key, regexp_full_match(company_key, '[0-9a-f]{32}') as is_key
from lake.federation_members
where company_key is not null
union
select 'innovation_aid' as table_name, company_key, regexp_full_match(company_key, '[0-9a-f]{32}') as is_key
from lake.innovation_aid
where company_key is not null
union
select 'opportunities' as table_name, company_key, regexp_full_match(company_key, '[0-9a-f]{32}') as is_key
from lake.opportunities
where company_key is not null
union
select 'placements' as table_name, company_key, regexp_full_match(company_key, '[0-9a-f]{32}') as is_key
from lake.placements
where company_key is not null
union
select 'vacancies' as table_name, company_key, regexp_full_match(company_key, '[0-9a-f]{32}') as is_key
from lake.vacancies
where company_key is not null
