-- The columns of the public tables.
select
    file,
    column_name,
    regexp_matches(
        lower(column_name),
        '^(company_key|respondent_id|weight_stratum|variance_stratum|n_yes|unidentified)$'
        || '|siren|siret|e_?mail|phone|token|ip_?addr|contact_|company_name'
    ) as is_internal
from release.columns
