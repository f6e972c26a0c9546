-- The figures of a whole edition, where enough respondents stand behind them: the first that people read.
select edition, indicator, n, value
from candidate.ind_innovation_export
where domain_type = 'all' and kind = 'proportion' and n >= 100
