-- The respondents, grouped by what is checked; `respondent_id` and `row_number` are the lowest of the group.
with checked as (
    select
        r.edition,
        r.respondent_id,
        r.row_number,
        r.identified_by,
        r.siren_class,
        r.siret_class,
        r.last_page,
        e.edition is not null as edition_is_known,
        r.respondent_id is not null as has_number,
        regexp_matches(r.company_key, '^[0-9a-f]{32}$') as key_is_well_formed,
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
)

select
    * exclude (respondent_id, row_number),
    count(*) as rows,
    min(respondent_id) as respondent_id,
    min(row_number) as row_number
from checked
group by all
