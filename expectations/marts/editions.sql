-- One row an edition: its counts, and its weights against the frame they stand for.
with responses as (
    select
        edition,
        count(*) filter (where is_in_figures) as in_figures,
        count(*) filter (where is_retained and is_complete) as retained_complete
    from candidate.fct_response
    group by edition
),

weights as (
    select edition, sum(weight) as weights
    from candidate.fct_weight
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
    -- With fewer than 30 answers an edition has no weights yet.
    case when e.has_frame and r.in_figures >= 30 then coalesce(w.weights, 0) / e.population end
        as weights_to_population,
    case when r.retained_complete >= 50 then r.in_figures / r.retained_complete end as in_figures_share,
    not e.has_frame or (coalesce(e.population, 0) > 0 and coalesce(e.invited, 0) between 1 and e.population)
        as frame_is_counted,
    e.respondents <= e.retained_responses and e.retained_responses <= e.responses as counts_decrease
from candidate.dim_edition as e
left join responses as r on r.edition = e.edition
left join weights as w on w.edition = e.edition
