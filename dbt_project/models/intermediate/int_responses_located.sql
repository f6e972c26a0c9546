with responses as (
    select
        responses.edition,
        responses.respondent_id,
        responses.company_key,
        responses.identified_by,
        responses.source,
        responses.language,
        responses.submitted_at,
        responses.is_test,
        responses.is_complete,
        ranked.answered_items,
        ranked.company_responses,
        ranked.retention_rank,
        editions.has_frame,
        coalesce(ranked.retention_rank = 1, false) as is_retained
    from {{ ref('stg_lake__respondents') }} as responses
    inner join {{ ref('stg_lake__editions') }} as editions
        on responses.edition = editions.edition
    inner join {{ ref('int_responses_ranked') }} as ranked
        on
            responses.edition = ranked.edition
            and responses.respondent_id = ranked.respondent_id
),

-- Frame first: a stratum is what the sample was drawn from, whatever the company says of itself.
attributes as (
    select
        responses.*,
        frame.is_invited,
        frame.company_key is not null as is_in_frame,
        case
            when frame.region_code is not null then frame.commune_code
            when register_communes.region_code is not null then register.commune_code
            else coalesce(declared_communes.commune_code, frame.commune_code, register.commune_code)
        end as commune_code,
        coalesce(
            frame.departement_code, register_communes.departement_code, declared_communes.departement_code
        ) as departement_code,
        coalesce(
            frame.region_code, register_communes.region_code, declared_communes.region_code
        ) as region_code,
        case
            when frame.region_code is not null then frame.territory_id
            when register_communes.region_code is not null then register_communes.territory_id
            else declared_communes.territory_id
        end as territory_id,
        coalesce(frame.naf_code, register.naf_code, declared.naf_code) as naf_code,
        case
            when frame.size_class is not null then frame.headcount_band
            when register_bands.size_class is not null then register.headcount_band
            else coalesce(declared.headcount_band, frame.headcount_band, register.headcount_band)
        end as headcount_band,
        coalesce(frame.size_class, register_bands.size_class, declared_bands.size_class) as size_class,
        case
            when frame.size_class is not null then frame.headcount
            when register_bands.size_class is not null then {{ middle_headcount('register_bands') }}
            else {{ middle_headcount('declared_bands') }}
        end as headcount
    from responses
    left join {{ ref('int_respondent_answers') }} as declared
        on
            responses.edition = declared.edition
            and responses.respondent_id = declared.respondent_id
    left join {{ ref('int_frame_located') }} as frame
        on
            responses.edition = frame.edition
            and responses.company_key = frame.company_key
    left join {{ ref('stg_lake__register') }} as register
        on responses.company_key = register.company_key
    left join {{ ref('int_communes') }} as register_communes
        on register.commune_code = register_communes.commune_code
    left join {{ ref('headcount_bands') }} as register_bands
        on register.headcount_band = register_bands.headcount_band
    left join {{ ref('int_communes') }} as declared_communes
        on declared.commune_code = declared_communes.commune_code
    left join {{ ref('headcount_bands') }} as declared_bands
        on declared.headcount_band = declared_bands.headcount_band
),

frame_cells as (
    select distinct
        edition,
        stratum_region,
        stratum_size_class
    from {{ ref('int_frame_located') }}
),

placed as (
    select
        attributes.*,
        case
            when not attributes.has_frame then 'no_frame'
            when attributes.is_invited then 'invited'
            when attributes.is_in_frame then 'not_invited'
            when attributes.company_key is not null then 'out_of_frame'
            when frame_cells.edition is not null then 'unidentified'
            else 'unplaced'
        end as frame_status
    from attributes
    -- A response without key may be of the cell it declares, provided that the frame has companies there.
    left join frame_cells
        on
            attributes.company_key is null
            and attributes.edition = frame_cells.edition
            and attributes.region_code = frame_cells.stratum_region
            and attributes.size_class = frame_cells.stratum_size_class
)

select
    placed.edition,
    placed.respondent_id,
    placed.company_key,
    placed.identified_by,
    placed.source,
    placed.language,
    placed.submitted_at,
    placed.is_test,
    placed.is_complete,
    placed.answered_items,
    placed.company_responses,
    placed.retention_rank,
    placed.is_retained,
    placed.is_retained
    and placed.is_complete
    and placed.frame_status in ('invited', 'no_frame') as is_in_figures,
    placed.frame_status,
    placed.commune_code,
    placed.departement_code,
    placed.region_code,
    placed.territory_id,
    placed.naf_code,
    placed.headcount_band,
    case when divisions.section_code in ('B', 'C', 'D', 'E') then divisions.section_code end as sector,
    placed.size_class,
    coalesce(placed.headcount, 0) as headcount
from placed
left join {{ ref('stg_lake__activities') }} as divisions
    on
        substr(placed.naf_code, 1, 2) = divisions.activity_code
        and divisions.nomenclature = 'naf-rev2'
        and divisions.level = 'division'
