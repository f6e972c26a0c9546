select
    cast(edition as string) as edition,
    cast(year as bigint) as year,
    cast(title_fr as string) as title_fr,
    cast(title_en as string) as title_en,
    cast(status as string) as status,
    cast(is_simulated as boolean) as is_simulated,
    cast(has_frame as boolean) as has_frame
from {{ read_lake('editions') }}
