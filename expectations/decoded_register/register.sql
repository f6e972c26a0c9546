-- The register as a whole: one row, with what is wrong counted.
select
    count(*) as companies,
    count(*) - count(distinct r.company_key) as doubles,
    count(*) filter (where not regexp_matches(r.company_key, '^[0-9a-f]{32}$')) as odd_keys,
    count(*) filter (where c.commune_code is null) / nullif(count(*), 0) as unresolved_commune_share,
    count(*) filter (where r.naf_code is null) / nullif(count(*), 0) as without_activity_share,
    count(*) filter (where r.state = 'A' and r.open_establishments = 0)
    / nullif(count(*) filter (where r.state = 'A'), 0) as active_without_establishment_share
from lake.register as r
left join lake.communes as c on c.commune_code = r.commune_code
