-- Every table, in each place where the release keeps it: the database, Parquet, and CSV where public.
select table_name, file, rows, manifest_rows
from release.tables
