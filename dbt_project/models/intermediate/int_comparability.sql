-- The worst of a variable's questions counts: one broken item breaks the variable.
select
    edition,
    variable,
    case max(case comparability when 'broken' then 3 when 'close' then 2 else 1 end)
        when 3 then 'broken'
        when 2 then 'close'
        else 'identical'
    end as comparability
from {{ ref('stg_lake__variables') }}
group by edition, variable
