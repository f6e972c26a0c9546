"""From the lake to the marts. Belongs here: running dbt. Does not: SQL, which lives in dbt_project."""
