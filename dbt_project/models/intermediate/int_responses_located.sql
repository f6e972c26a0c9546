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
        frame.stratum_region,
        frame.stratum_size_class,
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
        coalesce(frame.size_class, register_bands.size_class, declared_bands.size_class) as size_class
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
        end as frame_status,
        coalesce(attributes.stratum_region, frame_cells.stratum_region) as cell_region,
        coalesce(attributes.stratum_size_class, frame_cells.stratum_size_class) as cell_size_class
    from attributes
    -- A response without key takes the cell it declares, provided that the frame has companies there.
    left join frame_cells
        on
            attributes.company_key is null
            and attributes.edition = frame_cells.edition
            and attributes.region_code = frame_cells.stratum_region
            and attributes.size_class = frame_cells.stratum_size_class
)

select
    edition,
    respondent_id,
    company_key,
    identified_by,
    source,
    language,
    submitted_at,
    is_test,
    is_complete,
    answered_items,
    company_responses,
    retention_rank,
    is_retained,
    is_retained and is_complete and frame_status not in ('out_of_frame', 'unplaced') as is_in_figures,
    frame_status,
    commune_code,
    departement_code,
    region_code,
    territory_id,
    naf_code,
    headcount_band,
    size_class,
    cell_region as stratum_region,
    cell_size_class as stratum_size_class
from placed
