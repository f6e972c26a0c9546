-- Every figure of the indicators.
with figures as (
    select
        'ind_participation' as table_name,
        edition,
        indicator,
        null as family,
        null as competence_code,
        domain_type,
        domain,
        kind,
        n,
        null as n_yes,
        value,
        se,
        ci_low,
        ci_high,
        flag,
        reason
    from candidate.ind_participation
    union all
    select
        'ind_innovation_export' as table_name,
        edition,
        indicator,
        null as family,
        null as competence_code,
        domain_type,
        domain,
        kind,
        n,
        n_yes,
        value,
        se,
        ci_low,
        ci_high,
        flag,
        reason
    from candidate.ind_innovation_export
    union all
    select
        'ind_competence_need' as table_name,
        edition,
        indicator,
        family,
        competence_code,
        domain_type,
        domain,
        kind,
        n,
        n_yes,
        value,
        se,
        ci_low,
        ci_high,
        flag,
        reason
    from candidate.ind_competence_need
)

select
    f.table_name,
    f.edition,
    f.indicator,
    f.family,
    f.competence_code,
    f.domain_type,
    f.domain,
    f.n,
    f.n_yes,
    f.value,
    f.se,
    f.ci_low,
    f.ci_high,
    f.flag,
    f.reason,
    case when f.kind in ('proportion', 'ratio', 'count') then f.value end as share,
    case when f.kind = 'proportion' then f.ci_low end as share_low,
    case when f.kind = 'proportion' then f.ci_high end as share_high,
    count(*) over (
        partition by f.table_name, f.edition, f.indicator, f.family, f.competence_code, f.domain_type, f.domain
    ) as copies,
    d.domain is not null as domain_is_known,
    (f.value is null) = (f.flag in ('not_available', 'not_applicable')) as value_is_told,
    coalesce(f.n_yes <= f.n, true) as yes_is_a_part,
    coalesce(f.ci_low <= f.value and f.value <= f.ci_high, true) as interval_holds_value,
    (f.ci_low is null) = (f.ci_high is null) as interval_has_two_ends,
    coalesce(not isfinite(f.value) or not isfinite(f.se) or not isfinite(f.ci_low) or not isfinite(f.ci_high), false)
        as is_not_finite,
    -- The figures of few respondents stay inside, and are marked so that they do.
    f.flag in ('not_available', 'not_applicable') or (f.n between 1 and 9) = (f.flag = 'unreliable')
        as few_are_unreliable
from figures as f
left join candidate.dim_domain as d on d.domain_type = f.domain_type and d.domain = f.domain
