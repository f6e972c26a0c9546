-- The register's codes, a row a combination, with an example of a key.
select
    state,
    headcount_band,
    diffusion,
    category,
    count(*) as companies,
    min(company_key) as company_key
from lake.register
group by state, headcount_band, diffusion, category
