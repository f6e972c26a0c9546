{{ protect(
    ref('ind_competence_need'),
    keys=['family', 'competence_code'],
    blanked=['n', 'weighted_n', 'value', 'se', 'ci_low', 'ci_high', 'cv']
) }}
