select
    cast(offer_id as string) as offer_id,
    cast(institution_id as string) as institution_id,
    cast(title_fr as string) as title_fr,
    cast(title_en as string) as title_en,
    cast(is_labelled_ice as boolean) as is_labelled_ice,
    cast(competences as string) as competences,
    cast(level as string) as level,
    cast(format as string) as format,
    cast(hours as bigint) as hours,
    cast(commune_code as string) as commune_code,
    cast(language as string) as language,
    cast(starts_on as date) as starts_on,
    cast(seats as bigint) as seats,
    cast(ends_on as date) as ends_on,
    cast(place as string) as place,
    cast(seats_taken as bigint) as seats_taken,
    cast(rncp_code as string) as rncp_code
from {{ read_lake('training_offers') }}
