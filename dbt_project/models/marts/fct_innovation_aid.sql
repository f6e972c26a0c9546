select
    aid.decision_id,
    aid.company_key,
    aid.scheme,
    aid.aid_kind,
    aid.amount_eur,
    aid.decided_on,
    aid.decided_year,
    aid.commune_code,
    communes.departement_code,
    communes.region_code,
    communes.territory_id,
    substr(register.naf_code, 1, 2) as naf_division,
    bands.size_class,
    register.company_key is not null as is_in_register
from {{ ref('stg_lake__innovation_aid') }} as aid
left join {{ ref('int_communes') }} as communes
    on aid.commune_code = communes.commune_code
left join {{ ref('stg_lake__register') }} as register
    on aid.company_key = register.company_key
left join {{ ref('headcount_bands') }} as bands
    on register.headcount_band = bands.headcount_band
