select
    need.year,
    need.area_code,
    need.occupation_code,
    need.area_name,
    need.departement_code,
    need.region_code,
    need.occupation_fr,
    need.family_code,
    need.projects,
    need.difficult_projects,
    need.seasonal_projects,
    -- Null where one of the two is secret: a share of what is not told would be made up.
    need.difficult_projects / nullif(need.projects, 0) as difficult_share
from {{ ref('stg_lake__labour_need') }} as need
