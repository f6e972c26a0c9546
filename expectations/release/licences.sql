-- The columns of the public tables, with source and licence as the public dictionary gives them.
select
    file,
    column_name,
    source,
    licence
from release.columns
where file not in ('public/dictionary.csv', 'public/revisions.csv')
