select
    figures.edition,
    figures.indicator,
    case
        when figures.indicator = 'family_need_share' then figures.subject
        else competences.family
    end as family,
    competences.competence_code,
    figures.domain_type,
    figures.domain,
    figures.value,
    figures.se,
    figures.ci_low,
    figures.ci_high,
    figures.n,
    figures.weighted_n,
    figures.cv,
    figures.flag,
    figures.reason,
    figures.comparability,
    figures.method,
    figures.kind,
    figures.n_yes,
    figures.n_asked,
    figures.item_response,
    figures.unweighted,
    figures.kish_n,
    figures.effective_n,
    figures.deff,
    figures.degrees,
    figures.sensitivity_low,
    figures.sensitivity_high,
    figures.rank,
    figures.rank_low,
    figures.rank_high
from {{ ref('stg_estimates__figures') }} as figures
left join {{ ref('dim_competence') }} as competences
    on
        figures.indicator <> 'family_need_share'
        and figures.subject = competences.competence_code
where figures.subject is not null
