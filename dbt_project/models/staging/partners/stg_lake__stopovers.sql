select
    cast(stopover_id as string) as stopover_id,
    cast(edition as string) as edition,
    cast(city as string) as city,
    cast(commune_code as string) as commune_code,
    cast(held_on as date) as held_on,
    cast(theme_fr as string) as theme_fr,
    cast(theme_en as string) as theme_en,
    cast(host as string) as host,
    cast(attendance_companies as bigint) as attendance_companies,
    cast(attendance_students as bigint) as attendance_students,
    cast(attendance_others as bigint) as attendance_others,
    cast(questions_raised as bigint) as questions_raised
from {{ read_lake('stopovers') }}
