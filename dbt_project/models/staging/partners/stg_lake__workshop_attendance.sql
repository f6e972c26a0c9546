select
    cast(stopover_id as string) as stopover_id,
    cast(attendee_kind as string) as attendee_kind,
    cast(registered as bigint) as registered,
    cast(attended as bigint) as attended
from {{ read_lake('workshop_attendance') }}
