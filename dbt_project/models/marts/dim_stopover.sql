select
    stopovers.stopover_id,
    stopovers.edition,
    stopovers.city,
    stopovers.commune_code,
    communes.departement_code,
    communes.region_code,
    communes.territory_id,
    stopovers.held_on,
    stopovers.theme_fr,
    stopovers.theme_en,
    stopovers.host,
    stopovers.attendance_companies,
    stopovers.attendance_students,
    stopovers.attendance_others,
    case
        when
            stopovers.attendance_companies is not null
            or stopovers.attendance_students is not null
            or stopovers.attendance_others is not null
            then
                coalesce(stopovers.attendance_companies, 0)
                + coalesce(stopovers.attendance_students, 0)
                + coalesce(stopovers.attendance_others, 0)
    end as attendance,
    stopovers.questions_raised
from {{ ref('stg_lake__stopovers') }} as stopovers
left join {{ ref('int_communes') }} as communes
    on stopovers.commune_code = communes.commune_code
