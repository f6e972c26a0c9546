select
    vacancies.vacancy_id,
    vacancies.company_key,
    vacancies.title_fr,
    vacancies.rome_code,
    vacancies.naf_code,
    substr(vacancies.naf_code, 1, 2) as naf_division,
    vacancies.commune_code,
    communes.departement_code,
    communes.region_code,
    communes.territory_id,
    vacancies.contract_kind,
    vacancies.posts,
    vacancies.experience_years,
    vacancies.competences as competence_codes,
    vacancies.published_on
from {{ ref('stg_lake__vacancies') }} as vacancies
left join {{ ref('int_communes') }} as communes
    on vacancies.commune_code = communes.commune_code
