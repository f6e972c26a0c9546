{#- The gap of each competence in all, each région and each territory: the need share less the seats that each
    company of the domain could have, at least 0; with the interval of the need. Seats taught on site count where
    they are; seats online are shared out among the companies of all domains alike. `needs` is a table of figures,
    `offers` a query of competence_code, region_code, territory_id, is_distance, offers, offers_labelled,
    offers_without_seats, seats. Described in docs/frame.md. -#}
{%- macro competence_gap(needs, offers) -%}
with needs as (
    select
        edition,
        competence_code,
        domain_type,
        domain,
        value as need_share,
        ci_low as need_low,
        ci_high as need_high,
        weighted_n as companies,
        flag,
        reason,
        comparability
    from {{ needs }}
    where
        indicator = 'need_share'
        and domain_type in ('all', 'region', 'territory')
),

offers as (
    {{ offers }}
),

placed as (
    select
        offers.*,
        'all' as domain_type,
        'all' as domain
    from offers
    where not offers.is_distance
    union all
    select
        offers.*,
        'region' as domain_type,
        offers.region_code as domain
    from offers
    where not offers.is_distance and offers.region_code is not null
    union all
    select
        offers.*,
        'territory' as domain_type,
        offers.territory_id as domain
    from offers
    where not offers.is_distance and offers.territory_id is not null
),

on_site as (
    select
        competence_code,
        domain_type,
        domain,
        sum(offers) as offers,
        sum(offers_labelled) as offers_labelled,
        sum(offers_without_seats) as offers_without_seats,
        sum(seats) as seats
    from placed
    group by competence_code, domain_type, domain
),

online as (
    select
        competence_code,
        sum(offers) as offers,
        sum(offers_labelled) as offers_labelled,
        sum(offers_without_seats) as offers_without_seats,
        sum(seats) as seats
    from offers
    where is_distance
    group by competence_code
),

supplied as (
    select
        needs.*,
        cast(coalesce(on_site.offers, 0) as bigint) as offers_on_site,
        cast(coalesce(online.offers, 0) as bigint) as offers_online,
        cast(coalesce(on_site.offers_labelled, 0) + coalesce(online.offers_labelled, 0) as bigint)
            as offers_labelled,
        cast(coalesce(on_site.offers_without_seats, 0) + coalesce(online.offers_without_seats, 0) as bigint)
            as offers_without_seats,
        cast(coalesce(on_site.seats, 0) as bigint) as seats_on_site,
        cast(coalesce(online.seats, 0) as bigint) as seats_online,
        whole.companies as companies_of_all
    from needs
    left join on_site
        on
            needs.competence_code = on_site.competence_code
            and needs.domain_type = on_site.domain_type
            and needs.domain = on_site.domain
    left join online
        on needs.competence_code = online.competence_code
    left join needs as whole
        on
            needs.edition = whole.edition
            and needs.competence_code = whole.competence_code
            and whole.domain_type = 'all'
),

seated as (
    select
        supplied.*,
        case
            when supplied.need_share is not null and supplied.companies > 0
                then
                    supplied.seats_on_site / supplied.companies
                    + case
                        when supplied.seats_online = 0 then 0
                        else supplied.seats_online / supplied.companies_of_all
                    end
        end as seat_rate
    from supplied
),

gaps as (
    select
        seated.*,
        case
            when seated.need_share > seated.seat_rate then seated.need_share - seated.seat_rate
            when seated.need_share <= seated.seat_rate then 0
        end as gap,
        case
            when seated.need_low > seated.seat_rate then seated.need_low - seated.seat_rate
            when seated.need_low <= seated.seat_rate then 0
        end as gap_low,
        case
            when seated.need_high > seated.seat_rate then seated.need_high - seated.seat_rate
            when seated.need_high <= seated.seat_rate then 0
        end as gap_high,
        -- Only what may be published is ranked.
        seated.flag in ('ok', 'fragile') and seated.seat_rate is not null as is_ranked
    from seated
),

ranked as (
    select
        one.edition,
        one.competence_code,
        one.domain_type,
        one.domain,
        1 + sum(case when other.gap > one.gap then 1 else 0 end) as rank,
        1 + sum(case when other.gap_low > one.gap_high then 1 else 0 end) as rank_low,
        sum(case when other.gap_high >= one.gap_low then 1 else 0 end) as rank_high
    from gaps as one
    inner join gaps as other
        on
            one.edition = other.edition
            and one.domain_type = other.domain_type
            and one.domain = other.domain
    where one.is_ranked and other.is_ranked
    group by one.edition, one.competence_code, one.domain_type, one.domain
)

select
    gaps.edition,
    gaps.competence_code,
    gaps.domain_type,
    gaps.domain,
    cast(gaps.need_share as double) as need_share,
    cast(gaps.need_low as double) as need_low,
    cast(gaps.need_high as double) as need_high,
    cast(gaps.companies as double) as companies,
    gaps.offers_on_site,
    gaps.offers_online,
    gaps.offers_labelled,
    gaps.offers_without_seats,
    gaps.seats_on_site,
    gaps.seats_online,
    cast(gaps.seat_rate as double) as seat_rate,
    cast(gaps.gap as double) as gap,
    cast(gaps.gap_low as double) as gap_low,
    cast(gaps.gap_high as double) as gap_high,
    cast(ranked.rank as bigint) as rank,
    cast(ranked.rank_low as bigint) as rank_low,
    cast(ranked.rank_high as bigint) as rank_high,
    gaps.flag,
    gaps.reason,
    gaps.comparability
from gaps
left join ranked
    on
        gaps.edition = ranked.edition
        and gaps.competence_code = ranked.competence_code
        and gaps.domain_type = ranked.domain_type
        and gaps.domain = ranked.domain
{%- endmacro -%}
