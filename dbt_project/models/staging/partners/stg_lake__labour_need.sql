select
    cast(year as bigint) as year,
    cast(area_code as string) as area_code,
    cast(area_name as string) as area_name,
    cast(departement_code as string) as departement_code,
    cast(region_code as string) as region_code,
    cast(occupation_code as string) as occupation_code,
    cast(occupation_fr as string) as occupation_fr,
    cast(family_code as string) as family_code,
    cast(projects as double) as projects,
    cast(difficult_projects as double) as difficult_projects,
    cast(seasonal_projects as double) as seasonal_projects
from {{ read_lake('labour_need') }}
