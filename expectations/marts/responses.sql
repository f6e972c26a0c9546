-- The responses with their weights, grouped by their flags; each group with its first respondent.
with weighted as (
    select r.*, w.weight, count(w.weight) over (partition by r.edition) > 0 as has_weights
    from candidate.fct_response as r
    left join candidate.fct_weight as w on w.edition = r.edition and w.respondent_id = r.respondent_id
)

select
    edition,
    frame_status,
    is_test,
    is_complete,
    is_retained,
    is_in_figures,
    count(*) as rows,
    min(respondent_id) as first_respondent_id,
    count(weight) as weights,
    min(weight) as lowest_weight,
    max(weight) as highest_weight,
    not is_test or not is_retained as tests_are_left_out,
    not is_in_figures or (is_retained and is_complete) as figures_are_of_retained,
    case when is_in_figures and has_weights then count(weight) = count(*) else count(weight) = 0 end
        as weighted_when_in_figures,
    count(*) filter (where export_share not between 0 and 100) as odd_export_shares,
    count(*) filter (
        where is_innovator and not coalesce(innovates_product, false) and not coalesce(innovates_process, false)
        and not coalesce(innovates_organisation, false) and not coalesce(innovates_marketing, false)
    ) as innovators_without_innovation
from weighted
group by edition, has_weights, frame_status, is_test, is_complete, is_retained, is_in_figures
