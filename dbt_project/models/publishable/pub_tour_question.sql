-- Counts alone: the words of a question were typed by hand, and may tell who asked it.
select
    edition,
    theme_code,
    coalesce(asked_by, 'not_noted') as asked_by,
    count(*) as questions,
    cast(sum(case when is_answered then 1 else 0 end) as bigint) as answered
from {{ ref('fct_workshop_question') }}
group by edition, theme_code, coalesce(asked_by, 'not_noted')
