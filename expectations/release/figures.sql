-- Every published figure. Blank: suppressed, with nothing left of it but its reason.
select
    file,
    edition,
    indicator,
    competence_code,
    domain_type,
    domain,
    n,
    value,
    se,
    ci_low,
    ci_high,
    flag,
    reason,
    value is null or coalesce(n >= 10, false) as has_respondents_enough,
    value is not null or coalesce(n, responded, weighted_n, se, ci_low, ci_high, cv) is null as blank_is_blank,
    (value is null) = (flag in ('unpublished', 'suppressed')) as blank_is_flagged,
    value is not null or reason is not null as blank_has_a_reason,
    value is null or coalesce(ci_low <= value and value <= ci_high, true) as interval_holds_value
from release.figures
