-- What refers to a row that is not there; no row where all is well.
select 'fct_response' as table_name, 'edition' as column_name, edition as value, count(*) as rows
from candidate.fct_response
where edition not in (select edition from candidate.dim_edition)
group by edition
union all
select 'fct_response', 'company_key', company_key, count(*)
from candidate.fct_response
where
    is_retained and company_key is not null
    and company_key not in (select company_key from candidate.dim_company)
group by company_key
union all
select 'fct_competence_need', 'competence_code', competence_code, count(*)
from candidate.fct_competence_need
where competence_code not in (select competence_code from candidate.dim_competence)
group by competence_code
union all
select 'fct_competence_need', 'respondent_id', edition || ' / ' || cast(respondent_id as string), count(*)
from candidate.fct_competence_need as n
where not exists (
    select 1
    from candidate.fct_response as r
    where r.edition = n.edition and r.respondent_id = n.respondent_id and r.is_retained
)
group by edition, respondent_id
union all
select 'fct_training_offer', 'institution_id', institution_id, count(*)
from candidate.fct_training_offer
where institution_id not in (select institution_id from candidate.dim_institution)
group by institution_id
union all
select 'bridge_training_offer_competence', 'offer_id', offer_id, count(*)
from candidate.bridge_training_offer_competence
where offer_id not in (select offer_id from candidate.fct_training_offer)
group by offer_id
union all
select 'bridge_training_offer_competence', 'competence_code', competence_code, count(*)
from candidate.bridge_training_offer_competence
where competence_code not in (select competence_code from candidate.dim_competence)
group by competence_code
union all
select 'fct_response', 'commune_code', commune_code, count(*)
from candidate.fct_response
where commune_code not in (select commune_code from candidate.dim_commune)
group by commune_code
union all
select 'dim_company', 'commune_code', commune_code, count(*)
from candidate.dim_company
where commune_code not in (select commune_code from candidate.dim_commune)
group by commune_code
union all
select 'dim_company', 'naf_division', naf_division, count(*)
from candidate.dim_company
where naf_division not in (select sector_code from candidate.dim_sector)
group by naf_division
union all
select 'dim_stopover', 'edition', edition, count(*)
from candidate.dim_stopover
where edition not in (select edition from candidate.dim_edition)
group by edition
