-- Shares of companies whose place and size are known.
select
    count(*) as companies,
    avg(cast(region_code is null as integer)) filter (where attributes_source in ('register', 'frame'))
        as without_region_share,
    -- Free text, apart: how many told no code says nothing of the reference table.
    case
        when count(*) filter (where coalesce(attributes_source, 'declared') = 'declared') >= 50
            then
                avg(cast(region_code is null as integer))
                    filter (where coalesce(attributes_source, 'declared') = 'declared')
    end as told_without_region_share,
    avg(cast(size_class is null as integer)) filter (where attributes_source in ('register', 'frame'))
        as without_size_share,
    case
        when count(*) filter (where coalesce(attributes_source, 'declared') = 'declared') >= 50
            then
                avg(cast(size_class is null as integer))
                    filter (where coalesce(attributes_source, 'declared') = 'declared')
    end as told_without_size_share
from candidate.dim_company
