-- One row an edition: its counts, and its weights against the frame they stand for.
with weights as (
    select
        edition,
        sum(weight) as weights,
        count(*) filter (where is_in_figures) as in_figures,
        count(*) filter (where is_retained and is_complete) as retained_complete
    from candidate.fct_response
    group by edition
)

select
    e.edition,
    e.year,
    e.status,
    e.is_simulated,
    e.population,
    e.invited,
    e.responses,
    e.retained_responses,
    e.respondents,
    w.weights,
    case when e.has_frame and w.in_figures > 0 then coalesce(w.weights, 0) / e.population end
        as weights_to_population,
    case when w.retained_complete >= 50 then w.in_figures / w.retained_complete end as in_figures_share,
    not e.has_frame or (coalesce(e.population, 0) > 0 and coalesce(e.invited, 0) between 1 and e.population)
        as frame_is_counted,
    e.respondents <= e.retained_responses and e.retained_responses <= e.responses as counts_decrease
from candidate.dim_edition as e
left join weights as w on w.edition = e.edition
