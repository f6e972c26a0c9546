{#- Shares of companies by domain, from sums of sufficient statistics.

    `sums` has one row a cell: edition, indicator, the columns of `keys`, variance_stratum, region_code, size_class,
    territory_id, and of the respondents in the base of the statistic: n, n_yes, w (sum of weights), w2 (of their
    squares), wy and w2y (the same over the respondents in the numerator).
    `strata` has edition, variance_stratum, respondents (of the whole stratum, whatever the domain), and
    `editions` edition, has_frame, comparability by edition and indicator.

    Variance: Taylor linearisation of the ratio under the stratified design, without finite population correction:
    sum over h of n_h/(n_h - 1) * (sum z^2 - (sum z)^2/n_h), z = w (y - p)/N on the domain and 0 outside it.
    Interval: Wilson, 95 %, on the effective size min(p(1-p)/V, (sum w)^2/sum w^2); the latter alone where V is 0. -#}
{% macro estimates(sums, strata, editions, keys=[]) -%}
{%- set subject = (['edition', 'indicator'] + keys) | join(', ') -%}
{%- set domain = 'over (partition by ' ~ subject ~ ', domain_type, domain)' -%}
with placed as (
    {{ by_domain(sums) | indent(4) }}
),

by_stratum as (
    select
        {{ subject }},
        domain_type,
        domain,
        variance_stratum,
        sum(n) as n,
        sum(n_yes) as n_yes,
        {{ exact_sum('w') }} as w,
        {{ exact_sum('w2') }} as w2,
        {{ exact_sum('wy') }} as wy,
        {{ exact_sum('w2y') }} as w2y
    from placed
    where n > 0
    group by {{ subject }}, domain_type, domain, variance_stratum
),

shares as (
    select
        by_stratum.*,
        {{ exact_sum('w', domain) }} as base,
        {{ exact_sum('wy', domain) }} / {{ exact_sum('w', domain) }} as share
    from by_stratum
),

residuals as (
    select
        shares.*,
        (
            (shares.w2y - 2 * shares.share * shares.w2y + shares.share * shares.share * shares.w2)
            - (shares.wy - shares.share * shares.w) * (shares.wy - shares.share * shares.w) / strata.respondents
        )
        * strata.respondents / nullif(strata.respondents - 1, 0) as squares
    from shares
    left join {{ strata }} as strata
        on
            shares.edition = strata.edition
            and shares.variance_stratum = strata.variance_stratum
),

summed as (
    select
        {{ subject }},
        domain_type,
        domain,
        sum(n) as n,
        sum(n_yes) as n_yes,
        max(base) as base,
        max(share) as share,
        max(base) * max(base) / {{ exact_sum('w2') }} as kish_size,
        {{ exact_sum('squares') }} / (max(base) * max(base)) as variance
    from residuals
    group by {{ subject }}, domain_type, domain
),

designed as (
    select
        {% for key in ['edition', 'indicator'] + keys %}summed.{{ key }}, {% endfor %}
        summed.domain_type,
        summed.domain,
        cast(summed.n as bigint) as n,
        cast(summed.n_yes as bigint) as n_yes,
        editions.has_frame,
        editions.comparability,
        summed.base,
        -- Everybody or nobody: exactly 1 or 0, which a quotient of sums of weights may miss by a hair.
        case
            when summed.n_yes = summed.n then cast(1 as double)
            when summed.n_yes = 0 then cast(0 as double)
            else summed.share
        end as share,
        case
            when summed.n_yes = summed.n or summed.n_yes = 0 then cast(0 as double)
            when summed.variance > 0 then summed.variance
            when summed.variance is not null then cast(0 as double)
        end as variance,
        case
            when
                summed.n_yes < summed.n
                and summed.n_yes > 0
                and summed.variance > 0
                and summed.share * (1 - summed.share) / summed.variance < summed.kish_size
                then summed.share * (1 - summed.share) / summed.variance
            else summed.kish_size
        end as effective_size
    from summed
    inner join {{ editions }} as editions
        on
            summed.edition = editions.edition
            and summed.indicator = editions.indicator
)

select
    {{ subject }},
    domain_type,
    domain,
    n,
    n_yes,
    case when has_frame then base end as weighted_n,
    share as value,
    case when has_frame then sqrt(variance) end as se,
    case when has_frame then {{ wilson('share', 'effective_size', '-') }} end as ci_low,
    case when has_frame then {{ wilson('share', 'effective_size', '+') }} end as ci_high,
    case when has_frame and share > 0 then sqrt(variance) / share end as cv,
    case when n >= 30 then 'ok' when n >= 10 then 'fragile' else 'unpublished' end as flag,
    case when n < 10 then 'low_n' when not has_frame then 'among_respondents' end as reason,
    comparability
from designed
{%- endmacro %}

{#- A sum of doubles that does not depend on the order of its rows, so that the same lake gives the same release: the terms
    are turned into whole numbers of 2^-60, which add up exactly. Good for totals up to 8e19. -#}
{% macro exact_sum(term, over='') -%}
    {%- set scale = '1152921504606846976e0' -%}
    (cast(sum(cast({{ term }} * {{ scale }} as decimal(38, 0))) {{ over }} as double) / {{ scale }})
{%- endmacro %}

{#- One end of Wilson's interval for a share on an effective sample size, held within the share and 0 or 1 against
    rounding. `z` is a column or a literal; the exponent makes the literal a double on every engine. -#}
{% macro wilson(share, size, side, z='1.959963984540054e0') -%}
    {{ 'greatest' if side == '-' else 'least' }}(
        {{ 'least' if side == '-' else 'greatest' }}(
            (
                {{ share }} + {{ z }} * {{ z }} / (2 * ({{ size }}))
                {{ side }} {{ z }} / (2 * ({{ size }}))
                * sqrt(4 * ({{ size }}) * {{ share }} * (1 - {{ share }}) + {{ z }} * {{ z }})
            ) / (1 + {{ z }} * {{ z }} / ({{ size }})),
            {{ share }}
        ),
        cast({{ 0 if side == '-' else 1 }} as double)
    )
{%- endmacro %}

{#- The cells once for each breakdown of the figures, with domain_type and domain, but for those without a domain in it.
    A cell has region_code, size_class and territory_id. -#}
{% macro by_domain(cells) -%}
{%- for domain_type, domain in [
    ('all', "'all'"), ('region', 'region_code'), ('size_class', 'size_class'), ('territory', 'territory_id')
] %}
{{ 'union all' if not loop.first }}
select
    cells.*,
    '{{ domain_type }}' as domain_type,
    {{ domain }} as domain
from {{ cells }} as cells
where {{ domain }} is not null
{%- endfor %}
{%- endmacro %}
