{%- set attributes = ['commune', 'region', 'naf_division', 'size_class'] -%}
with answered as (
    select
        responses.edition,
        declared.commune_code as declared_commune,
        declared_communes.region_code as declared_region,
        substr(declared.naf_code, 1, 2) as declared_naf_division,
        declared_bands.size_class as declared_size_class,
        register.commune_code as registered_commune,
        register_communes.region_code as registered_region,
        substr(register.naf_code, 1, 2) as registered_naf_division,
        register_bands.size_class as registered_size_class
    from {{ ref('int_responses_located') }} as responses
    inner join {{ ref('int_respondent_answers') }} as declared
        on
            responses.edition = declared.edition
            and responses.respondent_id = declared.respondent_id
    inner join {{ ref('stg_lake__register') }} as register
        on responses.company_key = register.company_key
    left join {{ ref('int_communes') }} as declared_communes
        on declared.commune_code = declared_communes.commune_code
    left join {{ ref('int_communes') }} as register_communes
        on register.commune_code = register_communes.commune_code
    left join {{ ref('headcount_bands') }} as declared_bands
        on declared.headcount_band = declared_bands.headcount_band
    left join {{ ref('headcount_bands') }} as register_bands
        on register.headcount_band = register_bands.headcount_band
    where responses.is_retained
),

compared as (
    {%- for attribute in attributes %}
    select
        edition,
        '{{ attribute }}' as attribute,
        case when declared_{{ attribute }} <> registered_{{ attribute }} then 1 else 0 end as differs
    from answered
    where declared_{{ attribute }} is not null and registered_{{ attribute }} is not null
    {{- ' union all' if not loop.last }}
    {%- endfor %}
)

select
    edition,
    attribute,
    count(*) as companies,
    cast(sum(differs) as bigint) as differing,
    cast(sum(differs) as double) / count(*) as differing_share
from compared
group by edition, attribute
