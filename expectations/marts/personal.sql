-- Every column of a table that is released, and what in it looks personal. The keys of companies have one column.
-- A SIREN that begins with 2 is a local authority's: those of intercommunal bodies are public, and have their columns.
with bodies as (
    select 'epci_code' as column_name, count(distinct epci_code) as sirens
    from candidate.dim_commune
    where not regexp_matches(epci_code, '^2[0-9]{8}$')
    union all
    select 'epci_code_2021', count(distinct epci_code_2021)
    from candidate.dim_commune
    where not regexp_matches(epci_code_2021, '^2[0-9]{8}$')
    union all
    select 'ept_code', count(distinct ept_code)
    from candidate.dim_commune
    where not regexp_matches(ept_code, '^2[0-9]{8}$')
)

select
    found.table_name,
    found.column_name,
    found.emails,
    found.phones,
    -- Tools number responses with nine digits: one in ten passes the check by chance, a column of SIREN does whole.
    case
        when found.column_name = 'respondent_id' and found.sirens * 2 <= found.distinct_values then 0
        else coalesce(bodies.sirens, found.sirens)
    end as sirens,
    found.ip_addresses,
    case when found.column_name = 'company_key' then 0 else found.company_keys end as stray_company_keys,
    found.example,
    regexp_matches(
        lower(found.column_name), 'siren|siret|e_?mail|phone|token|ip_?addr|contact_name|company_name'
    ) as has_a_personal_name
from scan.candidate as found
left join bodies on found.table_name = 'dim_commune' and found.column_name = bodies.column_name
