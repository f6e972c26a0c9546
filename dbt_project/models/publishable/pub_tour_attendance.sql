select
    edition,
    attendee_kind,
    cast(sum(registered) as bigint) as registered,
    cast(sum(attended) as bigint) as attended
from {{ ref('fct_workshop_attendance') }}
group by edition, attendee_kind
