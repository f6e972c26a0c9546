"""What only so many steps may use at once, whichever run or worker they are of: Dagster's concurrency pools. Belongs
here: their names. Does not: their limits, which an instance's file sets (deploy/workers/dagster.yaml)."""

from __future__ import annotations

# Who writes to the database that a run builds: while one process writes to it, no other can so much as read it.
WAREHOUSE = "warehouse"


def server(of: str) -> str:
    """Somebody else's server, which is asked politely: one download at a time from each."""
    return f"server_{of}"
