select
    cast(edition as string) as edition,
    cast(system as string) as system,
    cast(indicator as string) as indicator,
    cast(domain_type as string) as domain_type,
    cast(domain as string) as domain,
    cast(is_hidden as boolean) as is_hidden,
    cast(reasons as string) as reasons,
    cast(words_fr as string) as words_fr,
    cast(words_en as string) as words_en
from {{ read_estimates('secrecy') }}
