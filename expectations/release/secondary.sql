-- The blanks of each breakdown: one alone is told by the total and the others.
select
    file,
    edition,
    indicator,
    family,
    competence_code,
    domain_type,
    count(*) as figures,
    count(*) filter (where value is null) as blanks
from release.figures
where domain_type <> 'all'
group by all
