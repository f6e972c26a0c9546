-- Every file that is there or listed in the manifest.
select
    path,
    bytes,
    sha256,
    manifest_sha256,
    not starts_with(path, 'public/') or regexp_matches(
        path, '^public/(pub_[a-z_]+[.](parquet|csv)|dictionary[.](csv|html)|(report|quality)[.](fr|en)[.]html|report[.](fr|en)[.]pdf)$'
    ) as may_be_public
from release.files
