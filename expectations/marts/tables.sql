-- One row a table that must not be empty.
select 'dim_edition' as table_name, count(*) as rows from candidate.dim_edition
union all
select 'dim_company', count(*) from candidate.dim_company
union all
select 'dim_territory', count(*) from candidate.dim_territory
union all
select 'dim_domain', count(*) from candidate.dim_domain
union all
select 'dim_competence', count(*) from candidate.dim_competence
union all
select 'fct_response', count(*) from candidate.fct_response
union all
select 'fct_competence_need', count(*) from candidate.fct_competence_need
union all
select 'ind_innovation_export', count(*) from candidate.ind_innovation_export
union all
select 'ind_competence_need', count(*) from candidate.ind_competence_need
union all
-- Participation is counted on a frame.
select 'ind_participation', (select count(*) from candidate.ind_participation)
where exists (select 1 from candidate.dim_edition where has_frame)
union all
select 'fct_secrecy', count(*) from candidate.fct_secrecy
