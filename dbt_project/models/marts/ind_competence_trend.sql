-- Only what may be compared: a competence that was split or ended, or asked for in broken terms, has none.
select
    changes.edition,
    changes.reference_edition,
    changes.indicator,
    changes.subject as competence_code,
    changes.domain_type,
    changes.domain,
    changes.reference_value,
    changes.value,
    changes.change,
    changes.ci_low,
    changes.ci_high,
    changes.p_value,
    case
        when changes.flag not in ('ok', 'fragile') then 'unknown'
        when changes.ci_low > 0 then 'up'
        when changes.ci_high < 0 then 'down'
        else 'stable'
    end as direction,
    changes.flag,
    changes.reason,
    changes.comparability
from {{ ref('ind_change') }} as changes
inner join {{ ref('dim_competence') }} as competences
    on changes.subject = competences.competence_code
where
    changes.indicator in ('need_share', 'hard_to_recruit_share')
    and changes.comparability <> 'broken'
