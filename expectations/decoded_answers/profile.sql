-- The answers, grouped: a table of a hundred million rows is some thousand groups, each with its first respondent.
with groups as (
    select
        edition,
        variable,
        item,
        state,
        value_code,
        count(*) as rows,
        min(respondent_id) as first_respondent_id,
        count(*) filter (
            where value_number is null and value_text is null and value_date is null
        ) as without_other_value,
        count(value_number) as numbers,
        count(value_text) as texts,
        count(value_date) as dates,
        min(value_number) as lowest,
        max(value_number) as highest,
        count(*) filter (where not isfinite(value_number)) as not_finite,
        count(*) filter (
            where case
                when variable = 'export_share' then value_number not between 0 and 100
                when variable in ('rd_spend_keur', 'planned_hires') then value_number < 0
            end
        ) as implausible,
        count(*) filter (where has_email(value_text)) as emails,
        count(*) filter (where has_phone(value_text)) as phones
    from lake.answers
    group by edition, variable, item, state, value_code
)

select
    g.edition,
    g.variable,
    g.item,
    g.state,
    g.value_code,
    g.rows,
    g.first_respondent_id,
    g.lowest,
    g.highest,
    g.not_finite,
    g.emails,
    g.phones,
    v.question is not null as is_in_codebook,
    g.value_code is null or coalesce(list_contains(k.value_codes, g.value_code), false) as code_is_known,
    g.state <> 'answered' or g.value_code is not null or g.without_other_value = 0 as answered_has_a_value,
    -- A refusal keeps its words; every other silence is empty.
    g.state = 'answered' or (g.value_code is null and g.numbers = 0 and g.dates = 0 and (
        g.state = 'refused' or g.texts = 0
    )) as silence_has_no_value,
    -- The free text of "other" and of comments belongs to variables of codes.
    case k.kind
        when 'code' then g.item = 'other' or g.item like '%:comment' or g.state <> 'answered'
            or g.value_code is not null
        when 'number' then g.value_code is null and g.dates = 0
        when 'date' then g.value_code is null and g.numbers = 0
        when 'text' then g.value_code is null and g.numbers = 0 and g.dates = 0
        else false
    end as value_is_of_its_kind,
    case when g.numbers >= 50 then g.implausible / g.numbers end as implausible_share
from groups as g
left join lake.variables as v on v.edition = g.edition and v.variable = g.variable and v.item = g.item
left join codebook.variables as k on k.variable = g.variable
