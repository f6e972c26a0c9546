-- Every column of the latest exports, and what in it looks personal. The derived columns of intake are ours.
with exports as (
    select file
    from archive.entries
    where is_latest and starts_with(format, 'limesurvey')
)

select
    s.table_name,
    s.column_name,
    s.distinct_values,
    s.sirens,
    s.emails,
    s.phones,
    s.ip_addresses,
    case when s.column_name = 'company_key' then 0 else s.company_keys end as stray_company_keys,
    -- A few are no column of SIREN: people write one into the wrong box, and numbers pass its check by chance.
    case when s.sirens >= 10 then s.sirens / s.distinct_values else 0 end as siren_share,
    bool_or(s.column_name = 'company_key') over (partition by s.table_name) as has_company_key,
    s.example
from scan.archive as s
semi join exports as e on e.file = s.table_name
