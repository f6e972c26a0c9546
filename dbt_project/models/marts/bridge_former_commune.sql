select
    former_code,
    commune_code,
    change,
    name,
    last_vintage
from {{ ref('stg_lake__commune_passage') }}
