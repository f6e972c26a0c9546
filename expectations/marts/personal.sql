-- Every column of a table that is released, and what in it looks personal. The keys of companies have one column.
select
    table_name,
    column_name,
    emails,
    phones,
    sirens,
    ip_addresses,
    case when column_name = 'company_key' then 0 else company_keys end as stray_company_keys,
    example,
    regexp_matches(lower(column_name), 'siren|siret|e_?mail|phone|token|ip_?addr|contact_name|company_name')
        as has_a_personal_name
from scan.candidate
