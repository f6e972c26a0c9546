{#- One count a breakdown: its name, the cell of a company, whether the frame tells it of all companies. -#}
{%- set breakdowns = {
    'all': ("'all'", true),
    'region': ("coalesce(region_code, 'unknown')", true),
    'size_class': ("coalesce(size_class, 'unknown')", true),
    'territory': ("coalesce(territory_id, 'none')", true),
    'sector': ("coalesce(naf_division, 'unknown')", true),
    'mode': ('invitation_mode', false)
} -%}
with answered as (
    select
        edition,
        company_key,
        cast(submitted_at as date) as answered_on
    from {{ ref('fct_response') }}
    where is_in_figures and frame_status = 'invited'
),

companies as (
    select
        frame.edition,
        frame.company_key,
        frame.region_code,
        frame.departement_code,
        frame.territory_id,
        frame.size_class,
        substr(frame.naf_code, 1, 2) as naf_division,
        frame.invitation_mode,
        frame.invited_on,
        answered.answered_on,
        case when frame.is_invited then 1 else 0 end as invited,
        case when answered.company_key is not null then 1 else 0 end as responded
    from {{ ref('int_frame_located') }} as frame
    inner join {{ ref('dim_edition') }} as editions
        on
            frame.edition = editions.edition
            and editions.has_frame
    left join answered
        on
            frame.edition = answered.edition
            and frame.company_key = answered.company_key
),

counted as (
    {%- for breakdown, (cell, is_known_of_all) in breakdowns.items() %}
    {{ 'union all' if not loop.first }}
    select
        edition,
        '{{ breakdown }}' as breakdown,
        {{ cell }} as cell,
        {{ 'count(*)' if is_known_of_all else 'cast(null as bigint)' }} as population,
        sum(invited) as invited,
        sum(responded) as responded
    from companies
    {{ '' if is_known_of_all else 'where invited = 1 and invitation_mode is not null' }}
    group by edition, {{ cell }}
    {%- endfor %}
    union all
    -- No answer says who came to a stopover: as in the figures, it stands for its département.
    select
        companies.edition,
        'stopover' as breakdown,
        stopovers.stopover_id as cell,
        count(*) as population,
        sum(companies.invited) as invited,
        sum(companies.responded) as responded
    from companies
    inner join {{ ref('dim_stopover') }} as stopovers
        on
            companies.edition = stopovers.edition
            and companies.departement_code = stopovers.departement_code
    group by companies.edition, stopovers.stopover_id
    union all
    -- The invitations of a day, and the responses of that day, to whichever invitation.
    select
        days.edition,
        'day' as breakdown,
        cast(days.held_on as string) as cell,
        cast(null as bigint) as population,
        sum(days.invited) as invited,
        sum(days.responded) as responded
    from (
        select
            edition,
            invited_on as held_on,
            invited,
            0 as responded
        from companies
        where invited_on is not null
        union all
        select
            edition,
            answered_on as held_on,
            0 as invited,
            responded
        from companies
        where answered_on is not null
    ) as days
    group by days.edition, days.held_on
)

select
    edition,
    breakdown,
    cell,
    population,
    cast(invited as bigint) as invited,
    cast(responded as bigint) as responded,
    case
        when breakdown <> 'day' then cast(responded as double) / nullif(invited, 0)
    end as participation_rate,
    cast(invited as double) / population as invited_share
from counted
