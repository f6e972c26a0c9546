{#- Collapse rule of the strata: walk the rows of a partition in their order and close a group as soon as it holds
    `least` (1 or 2) respondents; what is left at the end joins the last group closed. Adds `group_number` (from 0).
    `relation` has the columns of `partition`, `position` and `respondents`, one row a position.
    With least = 2 a group closes on a row of two or more, and on every second row of one since then: a window, where
    the rule as told would need recursion. -#}
{% macro collapse(relation, partition, position, least) -%}
{%- set keys = partition | join(', ') -%}
select
    numbered.*,
    cast(
        case
            when groups_total > 0 and groups_before >= groups_total then groups_total - 1
            else groups_before
        end as bigint
    ) as group_number
from (
    select
        closing.*,
        coalesce(sum(is_closing) over (
            partition by {{ keys }} order by {{ position }} rows between unbounded preceding and 1 preceding
        ), 0) as groups_before,
        sum(is_closing) over (partition by {{ keys }}) as groups_total
    from (
        select
            runs.*,
            case
                when respondents >= {{ least }} then 1
                when
                    respondents = 1
                    and mod(sum(respondents) over (
                        partition by {{ keys }}, run order by {{ position }}
                        rows between unbounded preceding and current row
                    ), 2) = 0
                    then 1
                else 0
            end as is_closing
        from (
            select
                counted.*,
                coalesce(sum(case when respondents >= {{ least }} then 1 else 0 end) over (
                    partition by {{ keys }} order by {{ position }} rows between unbounded preceding and 1 preceding
                ), 0) as run
            from {{ relation }} as counted
        ) as runs
    ) as closing
) as numbered
{%- endmacro %}
