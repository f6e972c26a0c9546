select
    cast(vintage as string) as vintage,
    cast(epci_code as string) as epci_code,
    cast(name as string) as name,
    cast(kind as string) as kind
from {{ read_lake('epcis') }}
