-- Every column of the latest file of each feed, and what in it looks personal.
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
    a.source in ('partners', 'sampling_frame', 'company_matches')
        or bool_or(s.column_name = 'company_key') over (partition by s.table_name) as has_company_key,
    s.example
from scan.archive as s
inner join archive.entries as a on a.file = s.table_name
