"""Object storage, where the data lies there. Belongs here: whether it answers, who holds it, what waits to be sent.
Does not: what is in the working folder (stored.py)."""

from __future__ import annotations

from orchestration.automation.doctor.finding import Finding, State
from orchestration.automation.lock import holder
from orchestration.settings import Settings
from orchestration.storage import lease
from orchestration.storage.state import State as Folder
from orchestration.storage.store import Store, StoreError

_CHECK = "object storage"


def object_storage(settings: Settings, _fix: bool) -> Finding:
    """The store answers, nobody who died holds it, and nothing waits here to be sent."""
    assert settings.store is not None
    try:
        store = Store(settings.store)
        index, held = store.index(), lease.holder(store)
    except StoreError as problem:
        return Finding(_CHECK, State.wrong, f"{settings.store}: {problem.problem}", problem.fix or "")
    if held is not None and held.is_over:
        do = "see that it has ended; the next command that writes takes over by itself"
        return Finding(_CHECK, State.warning, f"{held} has given no sign of life since {held.until}", do)
    if Folder.read(settings.data).unsent and holder(settings.data) is None:
        said = "what the last command did here was not sent"
        return Finding(
            _CHECK, State.warning, said, "`skillsbank refresh`, or another command that writes, sends it"
        )
    if index is None:
        return Finding(_CHECK, State.ok, f"{settings.store} answers, and is empty")
    said = f"index {index.number} of {index.written_at}, current release {index.release or 'none'}"
    return Finding(_CHECK, State.ok, said if held is None else f"{said}; {held} writes")
