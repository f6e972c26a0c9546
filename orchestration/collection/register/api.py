"""INSEE's API Sirene 3.11, for single companies. Belongs here: asking for one SIREN within the API's rules, and what it
answers as a row of the register. Does not: which companies to ask for (collect.py)."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import urlencode

import requests
from pydantic import SecretStr

from orchestration.collection.companies.known_names import SIRENE_NAMES
from orchestration.collection.register.companies import SCHEMA
from orchestration.collection.web import Patience, WebError, checked, explained, refuse_unless, until_answered

ADDRESS = "https://api.insee.fr/api-sirene/3.11"
KEY_HEADER = "X-INSEE-Api-Key-Integration"
CALLS, WINDOW = 30, 60.0
"""How many calls INSEE allows (public access), in how many seconds."""
_PAGE = 1000  # the most that one answer holds

Absence = Literal["unknown", "not_disclosed", "duplicate"]
Row = Mapping[str, Any]
_ABSENT: Mapping[int, Absence] = {301: "duplicate", 403: "not_disclosed", 404: "unknown"}


@dataclass
class RateLimit:
    """At most ``calls`` in any ``window`` of seconds."""

    calls: int = CALLS
    window: float = WINDOW
    clock: Callable[[], float] = time.monotonic
    pause: Callable[[float], None] = time.sleep
    _made: deque[float] = field(default_factory=deque, init=False)

    def wait(self) -> None:
        """Return once another call may be made, and count it."""
        if len(self._made) == self.calls:
            left = self._made.popleft() + self.window - self.clock()
            if left > 0:
                self.pause(left)
        self._made.append(self.clock())


class SireneApi:
    """Asks for one company after another; ``key`` comes from the portal of INSEE's APIs."""

    def __init__(
        self,
        key: SecretStr,
        *,
        address: str = ADDRESS,
        patience: Patience | None = None,
        limit: RateLimit | None = None,
    ) -> None:
        self._key, self._address = key, checked(address, "API Sirene")
        self._patience, self._limit = patience or Patience(), limit or RateLimit()

    def __repr__(self) -> str:
        return f"SireneApi(address={self._address!r})"

    def company(self, siren: str) -> Row | Absence:
        """The company as a row of ``companies.NAMED``, or why the register does not show it: ``unknown`` (404),
        ``not_disclosed`` (403), ``duplicate`` (301: registered twice, closed under this number).

        Two calls or more, each repeated where the server is busy (429, 5xx, no answer).

        Raises:
            WebError: the key is refused, or the API does not answer as documented.
        """
        unit = self._ask(f"/siren/{siren}", {})
        if isinstance(unit, str):
            return unit
        places = self._places(siren)
        with _documented(self._address):
            return _row(unit["uniteLegale"], places)

    def _places(self, siren: str) -> list[Mapping[str, Any]]:
        """Its establishments, open or closed, page by page; none where the API shows none."""
        places: list[Mapping[str, Any]] = []
        cursor = "*"
        while True:
            answer = self._ask("/siret", {"q": f"siren:{siren}", "nombre": _PAGE, "curseur": cursor})
            if isinstance(answer, str):
                return places
            with _documented(self._address):
                places += answer["etablissements"]
                following = answer["header"].get("curseurSuivant", cursor)
            if following == cursor or len(answer["etablissements"]) < _PAGE:
                return places
            cursor = following

    def _ask(self, path: str, query: Mapping[str, object]) -> Mapping[str, Any] | Absence:
        url = f"{self._address}{path}" + (f"?{urlencode(query)}" if query else "")
        return until_answered(self._patience, lambda: self._once(url))

    def _once(self, url: str) -> Mapping[str, Any] | Absence:
        self._limit.wait()
        with explained(self._address):
            response = requests.get(
                url,
                headers={KEY_HEADER: self._key.get_secret_value(), "Accept": "application/json"},
                timeout=(self._patience.connect, self._patience.silence),
                # A redirect would carry the key to wherever it points.
                allow_redirects=False,
            )
        if response.status_code in _ABSENT:
            return _ABSENT[response.status_code]
        if response.status_code == 401:
            raise WebError(
                "the API refuses the key",
                where=self._address,
                expected="a key of the plan that is subscribed to (portail-api.insee.fr)",
                fix="correct SKILLSBANK_SIRENE_KEY",
            )
        refuse_unless(response, self._address, 200)
        with _documented(self._address):
            answer: dict[str, Any] = dict(response.json())
        return answer


@contextmanager
def _documented(address: str) -> Iterator[None]:
    """Tell that an answer is not what INSEE documents, without quoting it: it names people."""
    try:
        yield
    except (KeyError, TypeError, ValueError, AttributeError):
        raise WebError(
            "the answer is not what the API documents",
            where=address,
            expected="JSON of API Sirene 3.11 with uniteLegale or etablissements",
            fix="see whether INSEE has replaced version 3.11",
        ) from None


def _row(unit: Mapping[str, Any], places: Sequence[Mapping[str, Any]]) -> Row:
    """The current period of a unit, and its establishments counted; INSEE puts the current period first."""
    now = {**unit, **_current(unit["periodesUniteLegale"])}
    states = [_current(place["periodesEtablissement"])["etatAdministratifEtablissement"] for place in places]
    heads = [place for place in places if place["nic"] == now["nicSiegeUniteLegale"]]
    counted = {
        "codeCommuneEtablissement": heads[0]["adresseEtablissement"]["codeCommuneEtablissement"]
        if heads
        else None,
        "etablissementsOuverts": states.count("A"),
        "etablissementsFermes": states.count("F"),
    }
    row = {name: counted[name] if name in counted else now[name] for name in SCHEMA.names}
    return row | {name: now.get(name) for name in SIRENE_NAMES}


def _current(periods: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    (now,) = (period for period in periods if period["dateFin"] is None)
    return now
