-- The sampling frames, a row each, with what is wrong counted. The share is that of all frames together.
select
    f.edition,
    count(*) as companies,
    e.edition is not null as edition_is_known,
    count(*) filter (where not regexp_matches(f.company_key, '^[0-9a-f]{32}$')) as odd_keys,
    count(*) - count(distinct f.company_key) as doubles,
    count(*) filter (where f.commune_code is null) as without_commune,
    count(*) filter (where f.headcount_band is null) as without_band,
    sum(count(c.commune_code)) over () / sum(count(*)) over () as known_commune_share,
    min(f.commune_code) filter (where c.commune_code is null) as unknown_commune
from lake.frame as f
left join lake.editions as e on e.edition = f.edition and e.has_frame
left join lake.communes as c on c.commune_code = f.commune_code
group by f.edition, e.edition
