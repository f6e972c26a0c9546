-- The files without which a release is not one.
with expected as (
    select unnest([
        'internal/skills_bank.duckdb', 'internal/dictionary.csv', 'internal/dictionary.html',
        'public/report.fr.html', 'public/report.en.html', 'public/report.fr.pdf', 'public/report.en.pdf',
        'public/quality.fr.html', 'public/quality.en.html',
        'public/dictionary.csv', 'public/dictionary.html',
        'public/skills_bank.xlsx', 'public/datapackage.json', 'public/csv-metadata.json', 'public/dcat.jsonld',
        'public/croissant.json', 'public/LICENCE.txt', 'public/CITATION.cff', 'public/revisions.csv',
        'public/revisions.fr.html', 'public/revisions.en.html', 'public/gates.fr.html', 'public/gates.en.html',
        'internal/sbom.cdx.json', 'internal/lineage.html', 'internal/dbt_docs.html',
        'public/explorer/index.html', 'public/explorer/index.en.html', 'public/explorer/data/core.js'
    ]) as path
    union all
    select 'public/' || name || ending
    from (
        select unnest([
            'pub_edition', 'pub_question', 'pub_indicator', 'pub_domain', 'pub_competence', 'pub_territory', 'pub_stopover',
            'pub_training_offer', 'pub_training_offer_competence', 'pub_participation', 'pub_innovation_export',
            'pub_competence_need', 'pub_competence_gap', 'pub_change', 'pub_contrast', 'pub_territory_model'
        ]) as name
    )
    cross join (select unnest(['.parquet', '.csv']) as ending)
)

select expected.path, coalesce(files.bytes, 0) as bytes
from expected
left join release.files as files on files.path = expected.path
