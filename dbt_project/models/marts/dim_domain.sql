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
        cast(row_number() over (order by region_code) as bigint) as position
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
        cast(row_number() over (order by territory_id) as bigint) as position
    from {{ ref('stg_lake__territories') }}
    union all
    select
        'sector' as domain_type,
        sector as domain,
        label_fr,
        label_en,
        position
    from {{ ref('sectors') }}
    union all
    select
        'stopover' as domain_type,
        stopover_id as domain,
        coalesce(city, stopover_id) as label_fr,
        coalesce(city, stopover_id) as label_en,
        cast(row_number() over (order by held_on nulls last, stopover_id) as bigint) as position
    from {{ ref('dim_stopover') }}
),

crossings as (
    {%- for one, other in [('region', 'size_class'), ('region', 'sector'), ('size_class', 'sector')] %}
    {{ 'union all' if not loop.first }}
    select
        '{{ one }}_{{ other }}' as domain_type,
        concat({{ one }}.domain, '|', {{ other }}.domain) as domain,
        concat({{ one }}.label_fr, ', ', {{ other }}.label_fr) as label_fr,
        concat({{ one }}.label_en, ', ', {{ other }}.label_en) as label_en,
        {{ one }}.position * 100 + {{ other }}.position as position
    from domains as {{ one }}
    cross join domains as {{ other }}
    where {{ one }}.domain_type = '{{ one }}' and {{ other }}.domain_type = '{{ other }}'
    {%- endfor %}
)

select
    domain_type,
    domain,
    label_fr,
    label_en,
    position
from domains
union all
select
    domain_type,
    domain,
    label_fr,
    label_en,
    position
from crossings
