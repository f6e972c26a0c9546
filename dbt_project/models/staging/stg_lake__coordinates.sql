select
    cast(place_kind as string) as place_kind,
    cast(place_code as string) as place_code,
    cast(latitude as double) as latitude,
    cast(longitude as double) as longitude
from {{ read_lake('coordinates') }}
