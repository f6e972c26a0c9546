{%- set domains = [('all', "'all'"), ('region', 'region_code'), ('territory', 'territory_id')] -%}
with events as (
    select
        'vacancy' as kind,
        vacancies.region_code,
        vacancies.territory_id,
        about.competence_code,
        coalesce(vacancies.posts, 1) as posts
    from {{ ref('fct_vacancy') }} as vacancies
    inner join {{ ref('int_text_competences') }} as about
        on vacancies.vacancy_id = about.record_id and about.source = 'vacancies'
    union all
    select
        'opportunity' as kind,
        opportunities.region_code,
        opportunities.territory_id,
        about.competence_code,
        0 as posts
    from {{ ref('fct_opportunity') }} as opportunities
    inner join {{ ref('int_text_competences') }} as about
        on opportunities.opportunity_id = about.record_id and about.source = 'opportunities'
    union all
    select
        'question' as kind,
        questions.region_code,
        questions.territory_id,
        about.competence_code,
        0 as posts
    from {{ ref('fct_workshop_question') }} as questions
    inner join {{ ref('bridge_workshop_question_competence') }} as about
        on
            questions.stopover_id = about.stopover_id
            and questions.question_number = about.question_number
),

placed as (
    {%- for domain_type, column in domains %}
    {{ 'union all' if not loop.first }}
    select
        '{{ domain_type }}' as domain_type,
        {{ column }} as domain,
        competence_code,
        kind,
        posts
    from events
    {%- if domain_type != 'all' %}
    where {{ column }} is not null
    {%- endif %}
    {%- endfor %}
),

aided as (
    {%- for domain_type, column in domains %}
    {{ 'union all' if not loop.first }}
    select
        '{{ domain_type }}' as domain_type,
        {{ column }} as domain,
        count(distinct company_key) as companies,
        sum(amount_eur) as amount_eur
    from {{ ref('fct_innovation_aid') }}
    {%- if domain_type != 'all' %}
    where {{ column }} is not null
    group by {{ column }}
    {%- endif %}
    {%- endfor %}
)

select
    placed.domain_type,
    placed.domain,
    placed.competence_code,
    cast(sum(case when placed.kind = 'vacancy' then 1 else 0 end) as bigint) as vacancies,
    cast(sum(placed.posts) as bigint) as posts,
    cast(sum(case when placed.kind = 'opportunity' then 1 else 0 end) as bigint) as opportunities,
    cast(sum(case when placed.kind = 'question' then 1 else 0 end) as bigint) as workshop_questions,
    cast(coalesce(max(aided.companies), 0) as bigint) as domain_aided_companies,
    cast(coalesce(max(aided.amount_eur), 0) as double) as domain_aid_eur
from placed
left join aided
    on
        placed.domain_type = aided.domain_type
        and placed.domain = aided.domain
group by placed.domain_type, placed.domain, placed.competence_code
