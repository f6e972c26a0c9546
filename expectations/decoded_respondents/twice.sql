-- The numbers that several respondents of an edition have; no row where all is well.
select edition, respondent_id, count(*) as copies
from lake.respondents
group by edition, respondent_id
having count(*) > 1
