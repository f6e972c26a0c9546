-- The respondents' rows, with only the columns that are checked.
select
    r.edition,
    r.respondent_id,
    r.company_key,
    r.identified_by,
    r.siren_class,
    r.siret_class,
    r.last_page,
    r.row_number,
    e.edition is not null as edition_is_known,
    -- A key is made from a valid SIREN, else from a valid SIRET; only without either may a reviewer have given one.
    coalesce(r.identified_by, 'nothing') = case
        when r.siren_class in ('valid', 'valid_after_normalisation') then 'siren'
        when r.siret_class in ('valid', 'valid_after_normalisation') then 'siret'
        when r.company_key is not null then 'review'
        else 'nothing'
    end
    and (r.company_key is not null) = (r.identified_by is not null) as key_follows_numbers,
    -- Undated: an anonymous survey keeps no moment of submission.
    r.is_complete = (r.submitted_at is not null or r.is_undated) as complete_means_submitted,
    coalesce(r.started_at <= r.submitted_at, true) as starts_before_submission,
    coalesce(r.submitted_at <= now() at time zone 'UTC' + interval 1 day, true) as submitted_before_now
from lake.respondents as r
left join lake.editions as e on e.edition = r.edition
