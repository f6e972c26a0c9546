-- Marts that pass their gate: two editions of 60 respondents in a frame of 600 companies. Everything is invented.
CREATE MACRO company_key(number) AS left(sha256('company ' || number), 32);

INSERT INTO dim_edition BY NAME
SELECT
    edition, year, 'closed' AS status, true AS is_simulated, true AS has_frame, 600 AS population, 200 AS invited,
    60 AS responses, 60 AS retained_responses, 60 AS respondents
FROM (VALUES ('tour_2019', 2019), ('edition_2012', 2012)) AS editions (edition, year);

INSERT INTO dim_company BY NAME
SELECT
    company_key(number) AS company_key, '32' AS region_code, '10-49' AS size_class, '25.62B' AS naf_code,
    '25' AS naf_division, '02691' AS commune_code,
    'register' AS attributes_source, 1 AS editions_answered, 'edition_2012' AS first_edition
FROM range(200) AS companies (number);

INSERT INTO dim_territory BY NAME SELECT 'ti-0001' AS territory_id, 'Vallée-Exemple' AS name;
INSERT INTO dim_sector BY NAME SELECT 'naf-rev2' AS nomenclature, '25' AS sector_code, 'division' AS level;
INSERT INTO dim_commune BY NAME
SELECT '02691' AS commune_code, '200071892' AS epci_code, '200071892' AS epci_code_2021, '200057867' AS ept_code;
INSERT INTO dim_competence BY NAME SELECT unnest(['INT-01', 'INN-01']) AS competence_code;
INSERT INTO dim_institution BY NAME SELECT 'in-01' AS institution_id, 'Institut Exemple' AS name;

INSERT INTO dim_domain BY NAME
SELECT domain_type, domain, domain AS label_fr
FROM (
    VALUES ('all', 'all'), ('size_class', '10-49'), ('size_class', '50-249'), ('size_class', '250+')
) AS domains (domain_type, domain);

INSERT INTO dim_stopover BY NAME
SELECT
    'st-01' AS stopover_id, 'tour_2019' AS edition, DATE '2019-06-04' AS held_on, 40 AS attendance,
    'Albert-Méaulte' AS city, 'Le numérique' AS theme_fr, 'Digital' AS theme_en;

INSERT INTO fct_training_offer BY NAME
SELECT
    'of-01' AS offer_id, 'in-01' AS institution_id, 'Anglais' AS title_fr, 'English' AS title_en, 35 AS hours,
    12 AS seats;
INSERT INTO bridge_training_offer_competence VALUES ('of-01', 'INT-01', 'declared');

INSERT INTO fct_response BY NAME
SELECT
    edition, number AS respondent_id, company_key(number) AS company_key, 'invited' AS frame_status,
    false AS is_test, true AS is_complete, true AS is_retained, true AS is_in_figures,
    true AS is_innovator, true AS innovates_product, 12.5 AS export_share, '10-49' AS size_class
FROM dim_edition, range(60) AS respondents (number);

INSERT INTO fct_weight BY NAME SELECT edition, respondent_id, company_key, 10.0 AS weight FROM fct_response;
INSERT INTO fct_secrecy BY NAME SELECT edition, 'export' AS system, 'export_rate' AS indicator FROM dim_edition;

INSERT INTO fct_competence_need BY NAME
SELECT
    edition, respondent_id, competence_code, respondent_id % 2 = 1 AS is_needed,
    if(respondent_id % 2 = 1, 5, 2) AS importance, false AS is_hard_to_recruit, 'close' AS comparability
FROM fct_response, dim_competence;

CREATE TEMP VIEW figures AS
SELECT
    edition, domain_type, domain, 60 AS n, 30 AS n_yes, 600.0 AS weighted_n, 0.5 AS value, 0.05 AS se,
    0.4 AS ci_low, 0.6 AS ci_high, 0.1 AS cv, 'ok' AS flag, 'close' AS comparability, 'proportion' AS kind
FROM dim_edition, dim_domain;

INSERT INTO ind_participation BY NAME
SELECT * EXCLUDE (n_yes), 'participation_rate' AS indicator, 200 AS invited, 60 AS responded, 0 AS unidentified FROM figures;
INSERT INTO ind_innovation_export BY NAME SELECT *, 'export_rate' AS indicator FROM figures;
INSERT INTO ind_competence_need BY NAME
SELECT *, 'need_share' AS indicator, 'international' AS family, 'INT-01' AS competence_code FROM figures;

INSERT INTO pub_participation BY NAME SELECT * EXCLUDE (unidentified) FROM ind_participation;
INSERT INTO pub_innovation_export BY NAME
SELECT
    edition, indicator, domain_type, domain, value, se, ci_low, ci_high, n, weighted_n, cv, flag, comparability,
    kind
FROM ind_innovation_export;
INSERT INTO pub_competence_need BY NAME
SELECT
    family, competence_code,
    edition, indicator, domain_type, domain, value, se, ci_low, ci_high, n, weighted_n, cv, flag, comparability,
    kind
FROM ind_competence_need;
INSERT INTO pub_change BY NAME
SELECT edition, 'edition_2012' AS reference_edition, indicator, domain_type, domain, value, n, flag
FROM ind_innovation_export WHERE edition = 'tour_2019';
INSERT INTO pub_contrast BY NAME
SELECT
    edition, 'export_by_innovation' AS indicator, 'difference' AS statistic, 'quoted' AS source, domain_type, domain,
    0.45 AS value, 'quoted' AS flag
FROM dim_edition, dim_domain WHERE domain_type = 'all';
INSERT INTO pub_territory_model BY NAME
SELECT
    edition, 'export_rate' AS indicator, 'territory' AS domain_type, 'ti-0001' AS domain, 0.4 AS value,
    'model_based' AS flag, 0.0 AS gamma
FROM dim_edition;
INSERT INTO pub_indicator BY NAME SELECT 'export_rate' AS indicator;
INSERT INTO pub_edition BY NAME SELECT edition, year, is_simulated FROM dim_edition;
INSERT INTO pub_domain BY NAME SELECT domain_type, domain, label_fr FROM dim_domain;
INSERT INTO pub_competence BY NAME SELECT competence_code FROM dim_competence;
INSERT INTO pub_territory BY NAME SELECT territory_id, name FROM dim_territory;
INSERT INTO pub_stopover BY NAME SELECT stopover_id, edition, city, held_on FROM dim_stopover;
INSERT INTO pub_training_offer BY NAME SELECT offer_id, institution_id, title_fr FROM fct_training_offer;
INSERT INTO pub_training_offer_competence SELECT * FROM bridge_training_offer_competence;
INSERT INTO pub_competence_gap BY NAME
SELECT edition, competence_code, domain_type, domain, value AS need_share, flag FROM pub_competence_need;
INSERT INTO pub_quoted_figure BY NAME
SELECT 'q1' AS quote_id, edition, 'report' AS medium, 'one in two' AS wording, 0.5 AS quoted_value,
    'not_published' AS verdict
FROM pub_edition LIMIT 1;
INSERT INTO pub_tour_attendance BY NAME
SELECT edition, 'company' AS attendee_kind, 60 AS registered, 41 AS attended FROM pub_edition LIMIT 1;
INSERT INTO pub_tour_question BY NAME
SELECT edition, 'export' AS theme_code, 'company' AS asked_by, 12 AS questions, 9 AS answered FROM pub_edition LIMIT 1;
INSERT INTO pub_student_opportunity VALUES ('internship', 120, 48);
INSERT INTO dim_question BY NAME
SELECT edition, 1 AS position, 'NAF' AS question, 'NAF' AS heading, 'naf_code' AS variable, 'text' AS kind FROM dim_edition;
INSERT INTO pub_question BY NAME SELECT * FROM dim_question;
