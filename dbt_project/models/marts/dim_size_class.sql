select
    size_class,
    position,
    label_fr,
    label_en,
    min_headcount,
    max_headcount,
    eu_size
from {{ ref('size_classes') }}
