select
    territory_id,
    name,
    departement_code,
    departement_name,
    region_code,
    region_name,
    communes,
    population
from {{ ref('dim_territory') }}
