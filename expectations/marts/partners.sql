-- What partners gave: stopovers and training offers, with the numbers that could be typed wrong.
select
    'dim_stopover' as table_name,
    s.stopover_id as id,
    s.held_on as day,
    s.attendance as people,
    null as hours,
    s.theme_fr is not null and s.theme_en is not null as has_both_languages,
    year(s.held_on) between e.year - 1 and e.year + 1 as is_near_its_edition
from candidate.dim_stopover as s
left join candidate.dim_edition as e on e.edition = s.edition
union all
select
    'fct_training_offer',
    offer_id,
    starts_on,
    seats,
    hours,
    title_fr is not null and title_en is not null,
    true
from candidate.fct_training_offer
