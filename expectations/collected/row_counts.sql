-- Rows a feed against those of the last release; what was there and is gone has 0.
with found as (
    select 'archive:' || source || '/' || feed as name, coalesce(rows, 0) as rows
    from archive.entries
    -- Respondents that no number identifies become fewer as their numbers are corrected, all at once.
    where is_latest and source not in ('company_matches', 'company_reviews')
),

before as (
    select name, rows
    from previous.rows
    where starts_with(name, 'archive:')
)

select
    coalesce(found.name, before.name) as name,
    coalesce(found.rows, 0) as rows,
    before.rows as previous_rows,
    -- Few rows can multiply in a week, but not vanish. A partner's feed is judged by its contract, which knows how
    -- much a month may differ from the last.
    case
        when
            before.rows >= 100
            and (
                before.name = 'archive:partners/register'
                or not starts_with(before.name, 'archive:partners/')
            )
            then coalesce(found.rows, 0) / before.rows
    end as ratio,
    coalesce(found.rows, 0) > 0 or coalesce(before.rows, 0) = 0 as is_still_there
from found
full join before on before.name = found.name
