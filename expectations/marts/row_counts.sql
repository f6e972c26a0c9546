-- Rows against those of the last release, by edition where there are editions; what was there and is gone has 0.
with found as (
    select 'dim_company' as name, count(*) as rows from candidate.dim_company
    union all
    select 'dim_competence', count(*) from candidate.dim_competence
    union all
    select 'dim_institution', count(*) from candidate.dim_institution
    union all
    select 'dim_stopover', count(*) from candidate.dim_stopover
    union all
    select 'dim_territory', count(*) from candidate.dim_territory
    union all
    select 'fct_training_offer', count(*) from candidate.fct_training_offer
    union all
    select 'fct_response:' || edition, count(*) from candidate.fct_response group by edition
    union all
    select 'fct_competence_need:' || edition, count(*) from candidate.fct_competence_need group by edition
    union all
    select 'ind_innovation_export:' || edition, count(*) from candidate.ind_innovation_export group by edition
    union all
    select 'fct_weight:' || edition, count(*) from candidate.fct_weight group by edition
    union all
    select 'ind_competence_need:' || edition, count(*) from candidate.ind_competence_need group by edition
),

before as (
    select name, rows
    from previous.rows
    where regexp_matches(name, '^(dim|fct|ind)_')
)

select
    coalesce(found.name, before.name) as name,
    coalesce(found.rows, 0) as rows,
    before.rows as previous_rows,
    -- Few rows can multiply in a week, but not vanish.
    case when before.rows >= 100 then coalesce(found.rows, 0) / before.rows end as ratio,
    coalesce(found.rows, 0) > 0 or coalesce(before.rows, 0) = 0 as is_still_there
from found
full join before on before.name = found.name
