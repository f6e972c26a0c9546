-- The companies, grouped; each group with an example of a key.
select
    attributes_source,
    region_code,
    size_class,
    count(*) as rows,
    min(company_key) as company_key,
    count(*) filter (where not regexp_matches(company_key, '^[0-9a-f]{32}$')) as odd_keys,
    count(*) filter (where editions_answered > 0 and first_edition is null) as without_first_edition
from candidate.dim_company
group by attributes_source, region_code, size_class
