-- Every published figure. Blank: hidden, with nothing left of it but its reason.
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
    case when kind in ('proportion', 'ratio', 'count') then value end as share,
    -- What was quoted, what a model says and what nobody answered stand on no respondents of their own.
    value is null or coalesce(n >= 10, false) or flag in ('quoted', 'model_based', 'zero') as has_respondents_enough,
    value is not null
        or (coalesce(responded, weighted_n, se, ci_low, ci_high, cv) is null
            -- Without a frame there is no total, but how many answered is told, as beside the share.
            and (n is null or reason = 'no_frame' or (n < 10 and flag in ('not_available', 'not_applicable'))))
        as blank_is_blank,
    (value is null) = (
        flag in ('unreliable', 'secret', 'not_available', 'not_applicable')
        -- What an earlier release told of a total without a frame is its n alone.
        or (flag = 'carried_over' and coalesce(reason = 'no_frame', false))
    ) as blank_is_flagged,
    value is not null or reason is not null as blank_has_a_reason,
    value is null or coalesce(ci_low <= value and value <= ci_high, true) as interval_holds_value
from release.figures
