with answered as (
    select
        edition,
        company_key
    from {{ ref('fct_response') }}
    where is_in_figures and frame_status = 'invited'
),

companies as (
    select
        frame.edition,
        frame.region_code,
        frame.size_class,
        frame.territory_id,
        1 as invited,
        case when answered.company_key is not null then 1 else 0 end as responded,
        0 as unidentified
    from {{ ref('int_frame_located') }} as frame
    inner join {{ ref('stg_lake__editions') }} as editions
        on
            frame.edition = editions.edition
            and editions.has_frame
    left join answered
        on
            frame.edition = answered.edition
            and frame.company_key = answered.company_key
    where frame.is_invited
    union all
    select
        edition,
        region_code,
        size_class,
        territory_id,
        0 as invited,
        0 as responded,
        1 as unidentified
    from {{ ref('fct_response') }}
    where is_in_figures and frame_status = 'unidentified'
),

cells as (
    select
        edition,
        region_code,
        size_class,
        territory_id,
        sum(invited) as invited,
        sum(responded) as responded,
        sum(unidentified) as unidentified
    from companies
    group by edition, region_code, size_class, territory_id
),

placed as (
    {{ by_domain('cells') | indent(4) }}
),

counted as (
    select
        edition,
        domain_type,
        domain,
        cast(sum(invited) as bigint) as invited,
        cast(sum(responded) as bigint) as responded,
        cast(sum(unidentified) as bigint) as unidentified
    from placed
    group by edition, domain_type, domain
)

select
    edition,
    'participation_rate' as indicator,
    domain_type,
    domain,
    invited,
    responded,
    unidentified,
    responded as n,
    responded as n_yes,
    cast(null as double) as weighted_n,
    cast(responded as double) / invited as value,
    cast(null as double) as se,
    cast(null as double) as ci_low,
    cast(null as double) as ci_high,
    cast(null as double) as cv,
    case when responded >= 10 then 'ok' else 'unpublished' end as flag,
    case when responded < 10 then 'low_n' end as reason,
    'identical' as comparability
from counted
where invited > 0
