-- Every entry of the archive.
select
    source,
    feed,
    file,
    is_latest,
    fault,
    sha256,
    found_sha256,
    bytes,
    found_bytes,
    rows,
    found_rows,
    collected_at,
    coalesce(bytes = found_bytes, false) as has_its_bytes,
    not is_latest or coalesce(sha256 = found_sha256, false) as has_its_content,
    coalesce(contains(file, '-' || left(sha256, 12) || '.'), false) as is_named_by_content,
    coalesce(rows = found_rows, true) as has_its_rows,
    coalesce(collected_at <= now() at time zone 'UTC' + interval 1 hour, false) as is_collected_before_now
from archive.entries
