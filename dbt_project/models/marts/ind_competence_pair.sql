{#- Pairs with fewer respondents who need both are left out: below it, a share is not published either. -#}
{%- set least = 10 -%}
with needs as (
    select
        needs.edition,
        needs.respondent_id,
        needs.competence_code,
        needs.is_needed,
        coalesce(weights.weight, 1) as weight
    from {{ ref('fct_competence_need') }} as needs
    inner join {{ ref('fct_response') }} as responses
        on
            needs.edition = responses.edition
            and needs.respondent_id = responses.respondent_id
    left join {{ ref('fct_weight') }} as weights
        on
            needs.edition = weights.edition
            and needs.respondent_id = weights.respondent_id
    where
        responses.is_in_figures
        and needs.is_needed is not null
),

counted as (
    select
        one.edition,
        one.competence_code,
        other.competence_code as other_code,
        count(*) as n,
        sum(case when one.is_needed and other.is_needed then 1 else 0 end) as n_both,
        sum(one.weight) as weighted_n,
        sum(case when one.is_needed then one.weight else 0 end) as weighted_one,
        sum(case when other.is_needed then one.weight else 0 end) as weighted_other,
        sum(case when one.is_needed and other.is_needed then one.weight else 0 end) as weighted_both
    from needs as one
    inner join needs as other
        on
            one.edition = other.edition
            and one.respondent_id = other.respondent_id
    where one.competence_code < other.competence_code
    group by one.edition, one.competence_code, other.competence_code
)

select
    edition,
    competence_code,
    other_code,
    cast(n as bigint) as n,
    cast(n_both as bigint) as n_both,
    -- Sums of doubles depend on the order of their terms in the last digits only.
    cast(round(weighted_both / weighted_n, 9) as double) as share_both,
    cast(round(weighted_both / weighted_one, 9) as double) as share_of_one,
    cast(round(weighted_both / weighted_other, 9) as double) as share_of_other,
    cast(round(weighted_both * weighted_n / (weighted_one * weighted_other), 9) as double) as lift
from counted
where n_both >= {{ least }}
