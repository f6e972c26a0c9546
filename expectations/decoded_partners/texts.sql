-- Free texts of partners that look personal: none, where all is as it should be.
select
    table_name,
    column_name,
    personal_text,
    has_email(personal_text) as has_an_email,
    has_phone(personal_text) as has_a_phone
from (
    select 'federation_members' as table_name, 'branch' as column_name, branch as personal_text from lake.federation_members
    union
    select 'innovation_aid' as table_name, 'scheme' as column_name, scheme as personal_text from lake.innovation_aid
    union
    select 'institutions' as table_name, 'name' as column_name, name as personal_text from lake.institutions
    union
    select 'labour_need' as table_name, 'area_name' as column_name, area_name as personal_text from lake.labour_need
    union
    select 'labour_need' as table_name, 'occupation_fr' as column_name, occupation_fr as personal_text from lake.labour_need
    union
    select 'opportunities' as table_name, 'title_fr' as column_name, title_fr as personal_text from lake.opportunities
    union
    select 'quoted_figures' as table_name, 'quoted_by' as column_name, quoted_by as personal_text from lake.quoted_figures
    union
    select 'quoted_figures' as table_name, 'wording' as column_name, wording as personal_text from lake.quoted_figures
    union
    select 'rncp_sheets' as table_name, 'title_fr' as column_name, title_fr as personal_text from lake.rncp_sheets
    union
    select 'rncp_sheets' as table_name, 'diploma' as column_name, diploma as personal_text from lake.rncp_sheets
    union
    select 'rncp_sheets' as table_name, 'registration_kind' as column_name, registration_kind as personal_text from lake.rncp_sheets
    union
    select 'stopovers' as table_name, 'city' as column_name, city as personal_text from lake.stopovers
    union
    select 'stopovers' as table_name, 'theme_fr' as column_name, theme_fr as personal_text from lake.stopovers
    union
    select 'stopovers' as table_name, 'theme_en' as column_name, theme_en as personal_text from lake.stopovers
    union
    select 'stopovers' as table_name, 'host' as column_name, host as personal_text from lake.stopovers
    union
    select 'training_offers' as table_name, 'title_fr' as column_name, title_fr as personal_text from lake.training_offers
    union
    select 'training_offers' as table_name, 'title_en' as column_name, title_en as personal_text from lake.training_offers
    union
    select 'training_offers' as table_name, 'place' as column_name, place as personal_text from lake.training_offers
    union
    select 'vacancies' as table_name, 'title_fr' as column_name, title_fr as personal_text from lake.vacancies
    union
    select 'workshop_hosts' as table_name, 'host' as column_name, host as personal_text from lake.workshop_hosts
    union
    select 'workshop_questions' as table_name, 'question_fr' as column_name, question_fr as personal_text from lake.workshop_questions
) as texts
where has_email(personal_text) or has_phone(personal_text)
