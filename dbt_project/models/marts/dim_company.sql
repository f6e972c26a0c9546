with editions as (
    select
        edition,
        year,
        row_number() over (order by year, edition) as place
    from {{ ref('stg_lake__editions') }}
),

answered as (
    select
        edition,
        respondent_id,
        company_key
    from {{ ref('int_responses_located') }}
    where is_retained and company_key is not null
),

-- What an edition knows of a company that was invited or answered: a row of its frame, a row of its response.
facts as (
    select
        frame.edition,
        frame.company_key,
        frame.is_invited,
        false as is_answered,
        frame.commune_code as frame_commune_code,
        frame.naf_code as frame_naf_code,
        frame.headcount_band as frame_headcount_band,
        cast(null as string) as declared_commune_code,
        cast(null as string) as declared_naf_code,
        cast(null as string) as declared_headcount_band
    from {{ ref('int_frame_located') }} as frame
    left join answered
        on
            frame.edition = answered.edition
            and frame.company_key = answered.company_key
    where frame.is_invited or answered.company_key is not null
    union all
    select
        answered.edition,
        answered.company_key,
        false as is_invited,
        true as is_answered,
        cast(null as string) as frame_commune_code,
        cast(null as string) as frame_naf_code,
        cast(null as string) as frame_headcount_band,
        declared.commune_code as declared_commune_code,
        declared.naf_code as declared_naf_code,
        declared.headcount_band as declared_headcount_band
    from answered
    left join {{ ref('int_respondent_answers') }} as declared
        on
            answered.edition = declared.edition
            and answered.respondent_id = declared.respondent_id
),

known as (
    select
        facts.company_key,
        sum(case when facts.is_invited then 1 else 0 end) as editions_invited,
        sum(case when facts.is_answered then 1 else 0 end) as editions_answered,
        min(case when facts.is_answered then editions.place end) as first_answered,
        max(case when facts.is_answered then editions.place end) as last_answered,
        {{ latest('facts.frame_commune_code', 'editions.year') }} as frame_commune_code,
        {{ latest('facts.frame_naf_code', 'editions.year') }} as frame_naf_code,
        {{ latest('facts.frame_headcount_band', 'editions.year') }} as frame_headcount_band,
        {{ latest('facts.declared_commune_code', 'editions.year') }} as declared_commune_code,
        {{ latest('facts.declared_naf_code', 'editions.year') }} as declared_naf_code,
        {{ latest('facts.declared_headcount_band', 'editions.year') }} as declared_headcount_band
    from facts
    inner join editions
        on facts.edition = editions.edition
    group by facts.company_key
),

described as (
    select
        known.company_key,
        known.editions_invited,
        known.editions_answered,
        first_edition.edition as first_edition,
        last_edition.edition as last_edition,
        register.category,
        register.state,
        register.created_on,
        register.open_establishments,
        register.closed_establishments,
        register.diffusion = 'P' as is_partly_disclosed,
        coalesce(
            register.commune_code, known.frame_commune_code, known.declared_commune_code
        ) as commune_code,
        coalesce(register.naf_code, known.frame_naf_code, known.declared_naf_code) as naf_code,
        case
            when register.commune_code is not null then 'register'
            when known.frame_commune_code is not null then 'frame'
            when known.declared_commune_code is not null then 'declared'
        end as attributes_source,
        -- A register that does not know the headcount leaves the word to the others.
        case
            when register_bands.size_class is not null then register.headcount_band
            when frame_bands.size_class is not null then known.frame_headcount_band
            else known.declared_headcount_band
        end as headcount_band,
        coalesce(register_bands.size_class, frame_bands.size_class, declared_bands.size_class) as size_class
    from known
    left join editions as first_edition
        on known.first_answered = first_edition.place
    left join editions as last_edition
        on known.last_answered = last_edition.place
    left join {{ ref('stg_lake__register') }} as register
        on known.company_key = register.company_key
    left join {{ ref('headcount_bands') }} as register_bands
        on register.headcount_band = register_bands.headcount_band
    left join {{ ref('headcount_bands') }} as frame_bands
        on known.frame_headcount_band = frame_bands.headcount_band
    left join {{ ref('headcount_bands') }} as declared_bands
        on known.declared_headcount_band = declared_bands.headcount_band
)

select
    described.company_key,
    described.commune_code,
    communes.departement_code,
    communes.region_code,
    communes.territory_id,
    described.naf_code,
    substr(described.naf_code, 1, 2) as naf_division,
    described.headcount_band,
    described.size_class,
    described.category,
    described.state,
    described.created_on,
    described.open_establishments,
    described.closed_establishments,
    described.is_partly_disclosed,
    described.attributes_source,
    cast(described.editions_invited as bigint) as editions_invited,
    cast(described.editions_answered as bigint) as editions_answered,
    described.first_edition,
    described.last_edition
from described
left join {{ ref('int_communes') }} as communes
    on described.commune_code = communes.commune_code
