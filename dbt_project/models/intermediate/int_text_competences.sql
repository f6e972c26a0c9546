-- What partners' records are about: the codes that the partner gave; where it gave none, the competences that
-- the recognition stage found named in the record's texts.
with declared as (
    select
        'training_offers' as source,
        offer_id as record_id,
        competences
    from {{ ref('stg_lake__training_offers') }}
    union all
    select
        'vacancies' as source,
        vacancy_id as record_id,
        competences
    from {{ ref('stg_lake__vacancies') }}
    union all
    select
        'opportunities' as source,
        opportunity_id as record_id,
        competences
    from {{ ref('stg_lake__opportunities') }}
    union all
    select
        'workshop_questions' as source,
        concat(stopover_id, '/', cast(question_number as string)) as record_id,
        competences
    from {{ ref('stg_lake__workshop_questions') }}
),

-- Codes are matched against the reference frame, past ones too; staging is tested for codes that match none.
given as (
    select distinct
        declared.source,
        declared.record_id,
        recodes.competence_code
    from declared
    inner join {{ ref('stg_lake__competence_recodes') }} as recodes
        on concat('|', declared.competences, '|') like concat('%|', recodes.past_code, '|%')
    where recodes.competence_code is not null
),

recognised as (
    select distinct
        mappings.source,
        mappings.record_id,
        mappings.competence_code
    from {{ ref('stg_lake__competence_mappings') }} as mappings
    left join given
        on
            mappings.source = given.source
            and mappings.record_id = given.record_id
    where
        mappings.source <> 'answers'
        and mappings.outcome = 'accepted'
        and given.record_id is null
)

select
    source,
    record_id,
    competence_code,
    'declared' as origin
from given
union all
select
    source,
    record_id,
    competence_code,
    'recognised' as origin
from recognised
