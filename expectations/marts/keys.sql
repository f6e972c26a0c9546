-- The keys that come twice or lack a part; no row where all is well.
with keys as (
    select 'dim_edition' as table_name, coalesce(edition, '?') as key, count(*) as copies
    from candidate.dim_edition
    group by all
    union all
    select 'dim_company', coalesce(company_key, '?'), count(*)
    from candidate.dim_company
    group by all
    union all
    select 'dim_territory', coalesce(territory_id, '?'), count(*)
    from candidate.dim_territory
    group by all
    union all
    select 'dim_domain', coalesce(domain_type, '?') || ' / ' || coalesce(domain, '?'), count(*)
    from candidate.dim_domain
    group by all
    union all
    select 'dim_competence', coalesce(competence_code, '?'), count(*)
    from candidate.dim_competence
    group by all
    union all
    select 'dim_institution', coalesce(institution_id, '?'), count(*)
    from candidate.dim_institution
    group by all
    union all
    select 'dim_stopover', coalesce(stopover_id, '?'), count(*)
    from candidate.dim_stopover
    group by all
    union all
    select 'fct_training_offer', coalesce(offer_id, '?'), count(*)
    from candidate.fct_training_offer
    group by all
    union all
    select 'fct_response', coalesce(edition, '?') || ' / ' || coalesce(cast(respondent_id as string), '?'), count(*)
    from candidate.fct_response
    group by edition, respondent_id
    union all
    select 'fct_response, retained', edition || ' / ' || company_key, count(*)
    from candidate.fct_response
    where is_retained and company_key is not null
    group by edition, company_key
    union all
    select
        'fct_competence_need',
        coalesce(edition, '?') || ' / ' || coalesce(cast(respondent_id as string), '?') || ' / '
        || coalesce(competence_code, '?'),
        count(*)
    from candidate.fct_competence_need
    where
        -- Some eleven keys a respondent: counted by their hash first, since numbers spill as a whole, and texts do not.
        hash(edition, respondent_id, competence_code) in (
            select hash(edition, respondent_id, competence_code) as key_hash
            from candidate.fct_competence_need
            group by key_hash
            having count(*) > 1
        )
        or edition is null or respondent_id is null or competence_code is null
    group by edition, respondent_id, competence_code
)

select table_name, key, copies, contains(key, '?') as is_incomplete
from keys
where copies > 1 or contains(key, '?')
