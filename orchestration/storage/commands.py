"""What a command of the command line needs of object storage. Belongs here: the two marks that a command carries. Does
not: what happens then (session.py)."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from orchestration.settings import Settings

_P = ParamSpec("_P")
_T = TypeVar("_T")


def reads(*patterns: str) -> Callable[[Callable[_P, _T]], Callable[_P, _T]]:
    """Mark a command that reads: what matches the patterns (``session.reading``) is brought before it.

    A pattern may name an argument of the command: ``releases/{release}/*``.
    """

    def mark(command: Callable[_P, _T]) -> Callable[_P, _T]:
        @wraps(command)
        def marked(*args: _P.args, **named: _P.kwargs) -> _T:
            settings = Settings()
            if settings.store is not None:
                from orchestration.storage.session import reading  # noqa: PLC0415 - plain folders do not pay for it

                reading(settings, *(pattern.format(**named) for pattern in patterns))
            return command(*args, **named)

        return marked

    return mark


def writes(command: Callable[_P, _T]) -> Callable[_P, _T]:
    """Mark a command that writes: all is brought before it, and sent after it (``session.writing``)."""

    @wraps(command)
    def marked(*args: _P.args, **named: _P.kwargs) -> _T:
        settings = Settings()
        if settings.store is None:
            return command(*args, **named)
        from orchestration.storage.session import writing  # noqa: PLC0415 - plain folders do not pay for it

        with writing(settings, command.__name__.replace("_", " ")):
            return command(*args, **named)

    return marked
