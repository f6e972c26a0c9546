-- The latest export of each edition and source.
select
    source,
    feed,
    file,
    origin,
    origin_sha256,
    rows,
    rejected,
    rejected / nullif(rows, 0) as rejected_share
from archive.entries
where is_latest and source not in ('partners', 'sampling_frame', 'company_matches', 'company_reviews')
