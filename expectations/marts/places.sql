-- Shares of companies whose place and size are known.
select
    count(*) as companies,
    avg(cast(region_code is null as integer)) as without_region_share,
    avg(cast(size_class is null as integer)) as without_size_share
from candidate.dim_company
