"""New keys for the contacts. Belongs here: when it may be done, and that it is on record. Does not: encrypting
(collection/contacts.py), or the secret of the company keys, which cannot change without changing every key."""

from __future__ import annotations

from orchestration import audit
from orchestration.automation.lock import refresh_lock
from orchestration.collection.contacts import Contacts, Rotated
from orchestration.settings import Settings


def rotate_keys(settings: Settings) -> Rotated:
    """Encrypt all contacts with a new key and retire the one before; ends a rotation that was killed.

    Raises:
        BusyError: a refresh is running.
        SkillsBankError: a file of the contacts cannot be read; no key is retired then.
    """
    with refresh_lock(settings.data, "rotation of keys"):
        done = Contacts.of(settings).rotate()
        audit.record(
            settings,
            "rotated keys",
            f"contacts, now {done.key}",
            files=done.files,
            retired=", ".join(done.retired),
        )
    return done
