with domains as (
    select
        'all' as domain_type,
        'all' as domain,
        'Ensemble' as label_fr,
        'All companies' as label_en,
        cast(1 as bigint) as position
    union all
    select
        'region' as domain_type,
        region_code as domain,
        name as label_fr,
        name as label_en,
        row_number() over (order by region_code) as position
    from {{ ref('stg_lake__regions') }}
    union all
    select
        'size_class' as domain_type,
        size_class as domain,
        label_fr,
        label_en,
        position
    from {{ ref('size_classes') }}
    union all
    select
        'territory' as domain_type,
        territory_id as domain,
        name as label_fr,
        name as label_en,
        row_number() over (order by territory_id) as position
    from {{ ref('stg_lake__territories') }}
)

select
    domain_type,
    domain,
    label_fr,
    label_en,
    position
from domains
