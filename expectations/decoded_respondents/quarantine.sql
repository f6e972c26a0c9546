-- What was put in quarantine, by place and reason; `first_row` leads to an example.
select
    q.edition,
    q.source,
    q.file,
    q.field,
    q.reason_code,
    q.reason,
    count(*) as rows,
    min(q.row_number) as first_row,
    -- Rows of partner files that belong to no edition have none.
    q.edition is null or e.edition is not null as edition_is_known,
    -- Masked values keep their form: letters are x, digits 9.
    bool_and(coalesce(not regexp_matches(q.value_masked, '[0-8A-Za-wyz]'), true)) as value_is_masked
from lake.quarantine as q
left join lake.editions as e on e.edition = q.edition
group by all
