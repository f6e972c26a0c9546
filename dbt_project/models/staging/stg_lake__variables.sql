select
    cast(edition as string) as edition,
    cast(variable as string) as variable,
    cast(item as string) as item,
    cast(question as string) as question,
    cast(heading as string) as heading,
    cast(kind as string) as kind,
    cast(comparability as string) as comparability,
    cast(position as bigint) as position,
    cast(answers as string) as answers,
    cast(label_fr as string) as label_fr,
    cast(label_en as string) as label_en
from {{ read_lake('variables') }}
