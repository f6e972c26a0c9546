select
    cast(vintage as string) as vintage,
    cast(commune_code as string) as commune_code,
    cast(epci_code as string) as epci_code
from {{ read_lake('epci_passage') }}
