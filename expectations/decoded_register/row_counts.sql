-- Companies against those of the last release; a register that was there and is gone has 0.
with found as (
    select 'lake.register' as name, count(*) as rows from lake.register
),

before as (
    select name, rows
    from previous.rows
    where name = 'lake.register'
)

select
    found.name,
    found.rows,
    before.rows as previous_rows,
    case when before.rows >= 100 then found.rows / before.rows end as ratio,
    found.rows > 0 or coalesce(before.rows, 0) = 0 as is_still_there
from found
left join before on before.name = found.name
