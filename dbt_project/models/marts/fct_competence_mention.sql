select
    mentions.edition,
    mentions.respondent_id,
    mentions.competence_code,
    mentions.route,
    mentions.mentions,
    mentions.score
from {{ ref('int_competence_mentions') }} as mentions
inner join {{ ref('int_responses_located') }} as responses
    on
        mentions.edition = responses.edition
        and mentions.respondent_id = responses.respondent_id
where responses.is_retained
