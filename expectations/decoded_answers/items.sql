-- One row an item of a questionnaire: every respondent has exactly one answer to it, whatever its state.
with respondents as (
    select edition, count(*) as respondents, sum(hash(respondent_id)) as mark
    from lake.respondents
    group by edition
),

items as (
    select
        edition,
        variable,
        item,
        count(*) as rows,
        -- Equal sums of hashes mean the same respondents, each once: sorting them all would take a minute.
        sum(hash(respondent_id)) as mark,
        count(*) filter (where state = 'answered') as answered,
        count(*) filter (where state = 'invalid') as invalid,
        count(*) filter (where state in ('answered', 'refused', 'invalid')) as given
    from lake.answers
    group by edition, variable, item
),

compared as (
    select
        v.edition,
        v.variable,
        v.item,
        coalesce(i.rows, 0) as rows,
        coalesce(r.respondents, 0) as respondents,
        coalesce(i.rows = r.respondents and i.mark = r.mark, false) as has_each_respondent_once,
        i.answered,
        case when i.given >= 50 then i.invalid / i.given end as invalid_share
    from lake.variables as v
    left join items as i on i.edition = v.edition and i.variable = v.variable and i.item = v.item
    left join respondents as r on r.edition = v.edition
),

-- Only where an item does not match are its answers read again, for an example. A list, since a join would hash all
-- answers, and take gigabytes.
odd as (
    select a.edition, a.variable, a.item, a.respondent_id
    from lake.answers as a
    where list_contains(
        (select list(hash(edition, variable, item)) from compared where not has_each_respondent_once),
        hash(a.edition, a.variable, a.item)
    )
),

twice as (
    select edition, variable, item, min(respondent_id) as respondent_id
    from (
        select edition, variable, item, respondent_id
        from odd
        group by edition, variable, item, respondent_id
        having count(*) > 1
    )
    group by edition, variable, item
),

strangers as (
    select odd.edition, odd.variable, odd.item, min(odd.respondent_id) as respondent_id
    from odd
    anti join lake.respondents as r on r.edition = odd.edition and r.respondent_id = odd.respondent_id
    group by odd.edition, odd.variable, odd.item
)

select
    compared.*,
    twice.respondent_id as answered_twice_by,
    strangers.respondent_id as answered_by_unknown
from compared
left join twice using (edition, variable, item)
left join strangers using (edition, variable, item)
