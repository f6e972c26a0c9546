-- The sampling frames, a row a company; `company_rows` is 1 where it stands in its edition's frame once.
select
    f.edition,
    f.company_key,
    f.commune_code,
    f.headcount_band,
    count(*) over (partition by f.edition, f.company_key) as company_rows,
    e.edition is not null as edition_is_known,
    c.commune_code is not null as commune_is_known
from lake.frame as f
left join lake.editions as e on e.edition = f.edition and e.has_frame
left join lake.communes as c on c.commune_code = f.commune_code
