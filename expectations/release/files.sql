-- Every file that is there or listed in the manifest.
select
    path,
    bytes,
    sha256,
    manifest_sha256,
    not starts_with(path, 'public/') or regexp_matches(
        path, '^public/(pub_[a-z_]+[.](parquet|csv)|dictionary[.](csv|html)|(report|quality)[.](fr|en)[.]html|explorer/([a-z]+[.](js|css)|(index|sql)([.]en)?[.]html|data/[a-z0-9_.-]+[.]js|vendor/(README[.]md|LICENSE[.]txt|duckdb-[a-z]+[.](js|wasm)[.]gz)))$'
    ) as may_be_public
from release.files
