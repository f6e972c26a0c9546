{{ protect(
    ref('ind_participation'),
    keys=[],
    blanked=['invited', 'responded', 'n', 'weighted_n', 'value', 'se', 'ci_low', 'ci_high', 'cv'], base='invited', yes='responded'
) }}
