{%- set offers -%}
    select
        competence_code,
        region_code,
        territory_id,
        is_distance,
        offers,
        case when is_labelled_ice then offers else 0 end as offers_labelled,
        offers_without_seats,
        seats
    from {{ ref('fct_competence_supply') }}
{%- endset -%}
{{ competence_gap(ref('ind_competence_need'), offers) }}
