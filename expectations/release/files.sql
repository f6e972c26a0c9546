-- Every file that is there or listed in the manifest.
select
    path,
    bytes,
    sha256,
    manifest_sha256,
    not starts_with(path, 'public/') or regexp_matches(
        path, '^public/(pub_[a-z_]+[.](parquet|csv)|dictionary[.](csv|html)|(report|quality)[.](fr|en)[.]html|report[.](fr|en)[.]pdf|explorer/([a-z]+[.](js|css)|(index|sql)([.]en)?[.]html|data/[a-z0-9_.-]+[.]js|vendor/(README[.]md|LICENSE[.]txt|duckdb-[a-z]+[.](js|wasm)[.]gz)))$'
    ) or path in (
        -- The pack (orchestration/publication/pack/).
        'public/skills_bank.xlsx', 'public/datapackage.json', 'public/csv-metadata.json', 'public/dcat.jsonld',
        'public/croissant.json', 'public/LICENCE.txt', 'public/CITATION.cff', 'public/revisions.csv',
        'public/revisions.fr.html', 'public/revisions.en.html', 'public/gates.fr.html', 'public/gates.en.html'
    ) as may_be_public
from release.files
