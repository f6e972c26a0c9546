-- The responses, grouped by their flags; each group with its first respondent.
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
    case when is_in_figures then count(weight) = count(*) else count(weight) = 0 end as weighted_when_in_figures,
    count(*) filter (where export_share not between 0 and 100) as odd_export_shares,
    count(*) filter (
        where is_innovator and not coalesce(innovates_product, false) and not coalesce(innovates_process, false)
        and not coalesce(innovates_organisation, false) and not coalesce(innovates_marketing, false)
    ) as innovators_without_innovation
from candidate.fct_response
group by edition, frame_status, is_test, is_complete, is_retained, is_in_figures
