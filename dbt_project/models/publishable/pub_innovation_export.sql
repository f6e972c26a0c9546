{{ protect(
    ref('ind_innovation_export'),
    keys=[],
    blanked=['n', 'weighted_n', 'value', 'se', 'ci_low', 'ci_high', 'cv']
) }}
