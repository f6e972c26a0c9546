select
    attendance.stopover_id,
    attendance.attendee_kind,
    stopovers.edition,
    stopovers.held_on,
    stopovers.region_code,
    stopovers.territory_id,
    attendance.registered,
    attendance.attended,
    cast(attendance.attended as double) / nullif(attendance.registered, 0) as show_up_rate
from {{ ref('stg_lake__workshop_attendance') }} as attendance
left join {{ ref('dim_stopover') }} as stopovers
    on attendance.stopover_id = stopovers.stopover_id
