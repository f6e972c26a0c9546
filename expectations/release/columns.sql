-- The columns of the public tables.
select
    file,
    column_name,
    regexp_matches(
        lower(column_name),
        '^(company_key|respondent_id|stratum|variance_stratum|weight|n_yes|kish_n|panel_n|unidentified)$'
        || '|siren|siret|e_?mail|phone|token|ip_?addr|contact_|company_name'
    ) as is_internal
from release.columns
