"""The simulated population: companies and their true values. Belongs here: the model behind both, drawn
chunk by chunk. Does not: who is asked, who answers and what they write."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from orchestration.simulation.arrays import BoolArray, FloatArray, IntArray, SmallArray
from orchestration.simulation.numbers import siren
from orchestration.simulation.places import Places
from orchestration.simulation.sectors import DIVISIONS
from orchestration.simulation.streams import stream

CHUNK = 100_000

EDITIONS = ("edition_2012", "tour_2019")
BANDS = ("00", "01", "02", "03", "11", "12", "21", "22", "31", "32")
"""Headcount bands of Sirene: 0, 1-2, 3-5, 6-9, 10-19, 20-49, 50-99, 100-199, 200-249, 250-499."""
SIZE_CLASSES = ("0-9", "10-49", "50-249", "250+")
SIZE_CLASS_OF_BAND = np.array([0, 0, 0, 0, 1, 1, 2, 2, 2, 3], dtype=np.int8)
_BAND_SHARES = np.array([0.17, 0.20, 0.15, 0.12, 0.14, 0.12, 0.050, 0.030, 0.006, 0.014])
_BAND_LOG_HEADCOUNT = np.log1p([0, 1.5, 4, 7.5, 14, 32, 70, 140, 225, 350]).astype(np.float32)
_MEAN_LOG_HEADCOUNT = float(_BAND_SHARES @ _BAND_LOG_HEADCOUNT)

# A fifth of the companies of 2012 are gone by 2019, and as many were founded since.
_ACTIVE_2012, _GONE_BY_2019 = 0.82, 0.20

COMPETENCES = (
    "INT-01", "INT-02", "INT-03", "INT-04", "INN-01", "INN-02", "INN-03", "CRE-01", "CRE-02", "ENT-01",
    "ENT-02", "DIG-01", "DIG-02", "ECO-01", "MAN-01", "MAN-02",
)  # fmt: skip
_FAMILIES = ("INT", "INN", "CRE", "ENT", "DIG", "ECO", "MAN")
_FAMILY_OF = np.array([_FAMILIES.index(code[:3]) for code in COMPETENCES])
_LEVEL = np.array(
    [
        0.05,
        -0.25,
        -0.30,
        -0.40,
        -0.20,
        0.10,
        -0.45,
        -0.60,
        -0.70,
        -0.55,
        -0.35,
        -0.10,
        0.15,
        -0.05,
        0.25,
        0.20,
    ],
    dtype=np.float32,
)
# What raises a family's needs: exporting, innovating, headcount (per log employee), an innovative sector.
_BY_EXPORT = np.array([1.20, 0.15, 0.00, 0.10, 0.10, 0.10, 0.10], dtype=np.float32)
_BY_INNOVATION = np.array([0.25, 0.80, 0.60, 0.50, 0.30, 0.25, 0.15], dtype=np.float32)
_BY_SIZE = np.array([0.06, 0.08, 0.02, -0.04, 0.14, 0.10, 0.12], dtype=np.float32)
_BY_SECTOR = np.array([0.10, 0.25, 0.10, 0.05, 0.25, 0.05, 0.05], dtype=np.float32)
_IMPORTANCE_CUTS = np.array([-1.1, -0.35, 0.45, 1.25], dtype=np.float32)
_HARD_CUT = np.array(
    [0.55, 0.75, 0.80, 0.85, 0.70, 0.50, 0.85, 0.95, 1.0, 0.95, 0.9, 0.6, 0.40, 0.7, 0.6, 0.6]
)

ASKED = {
    "edition_2012": (
        "INT-01",
        "INT-02",
        "INT-03",
        "INN-01",
        "INN-02",
        "INN-03",
        "CRE-01",
        "ENT-01",
        "MAN-01",
        "MAN-02",
    ),
    "tour_2019": COMPETENCES[:15],
}
"""Competences in each edition's question on needs."""
HARD_ASKED = {
    "edition_2012": ASKED["edition_2012"],
    "tour_2019": ("INT-01", "INT-03", "INT-04", "INN-01", "INN-02", "INN-03", "ENT-01", "DIG-02"),
}
"""Competences in each edition's question on hard recruitment (and, in 2019, on priorities)."""
INNOVATIONS = {
    "edition_2012": ("product", "process"),
    "tour_2019": ("product", "process", "organisation", "marketing"),
}


@dataclass(frozen=True)
class Companies:
    """A chunk of companies (arrays of one length). Bands and sectors are positions in ``BANDS`` and
    ``CODES``."""

    siren: IntArray
    commune: npt.NDArray[np.int32]
    region: npt.NDArray[np.int16]
    sector: npt.NDArray[np.int16]
    band: dict[str, SmallArray]
    active: dict[str, BoolArray]
    founded: npt.NDArray[np.int32]  # days since 1970-01-01
    reluctance: FloatArray  # uniform, lasting: some companies answer surveys, some never do

    def size_class(self, edition: str) -> SmallArray:
        """Positions in ``SIZE_CLASSES``."""
        return SIZE_CLASS_OF_BAND[self.band[edition]]


@dataclass(frozen=True)
class Activity:
    """What is true of the companies' innovation (one column a kind of ``INNOVATIONS``) and export in an
    edition."""

    innovates: BoolArray
    exports: BoolArray

    @cached_property
    def innovator(self) -> BoolArray:
        """At least one kind of innovation that the edition asks about."""
        return np.asarray(self.innovates.any(axis=1))


@dataclass(frozen=True)
class Needs:
    """What is true of the companies' competences in an edition: one column a competence of ``ASKED``, or
    of ``HARD_ASKED`` for ``hard`` and ``rank`` (0 = no priority). ``importance`` 1..5 stands for 2019,
    ``ticked`` for 2012. ``strength`` has a column for each of ``COMPETENCES``."""

    importance: SmallArray
    ticked: BoolArray
    hard: BoolArray
    rank: SmallArray
    need: BoolArray
    strength: FloatArray


CODES = tuple(code for division in DIVISIONS for code in division.codes)
_shares = np.array([d.share / len(d.codes) for d in DIVISIONS for _ in d.codes])
_CODE_SHARES = _shares / _shares.sum()
_DIVISION_OF = np.array([i for i, d in enumerate(DIVISIONS) for _ in d.codes])


def _leaning(name: str) -> FloatArray:
    by_code = np.array([getattr(division, name) for division in DIVISIONS], dtype=np.float32)[_DIVISION_OF]
    return np.asarray(by_code - _CODE_SHARES @ by_code, dtype=np.float32)


_INNOVATION, _EXPORT, _SIZE = _leaning("innovation"), _leaning("export"), _leaning("size")


@dataclass(frozen=True)
class Population:
    """All companies that exist in one edition or the other; ``size`` of them, in chunks of ``CHUNK``."""

    seed: int
    size: int
    places: Places

    @property
    def chunks(self) -> range:
        """Numbers of the chunks."""
        return range(-(-self.size // CHUNK))

    def companies(self, chunk: int) -> Companies:
        """Place, sector, headcount and life of the companies of a chunk."""
        rng = stream(self.seed, "companies", chunk)
        index = np.arange(chunk * CHUNK, min((chunk + 1) * CHUNK, self.size), dtype=np.int64)
        count = len(index)
        commune = _pick(rng, self.places.probability, count).astype(np.int32)
        sector = _pick(rng, _CODE_SHARES, count).astype(np.int16)
        latent = rng.logistic(size=count) + _SIZE[sector]
        later = latent + rng.normal(0.05, 0.45, count)
        cuts = np.log(np.cumsum(_BAND_SHARES)[:-1] / (1 - np.cumsum(_BAND_SHARES)[:-1]))
        was_active = rng.random(count) < _ACTIVE_2012
        gone = was_active & (rng.random(count) < _GONE_BY_2019)
        old = (rng.exponential(16 * 365, count) + 365).astype(np.int32)
        first_day_2012, first_day_2019 = 15_340, 17_897
        founded = np.where(
            was_active, first_day_2012 - old, rng.integers(first_day_2012, first_day_2019, count)
        )
        return Companies(
            siren=siren(index, self.size),
            commune=commune,
            region=self.places.region[commune],
            sector=sector,
            band={
                "edition_2012": np.searchsorted(cuts, latent).astype(np.int8),
                "tour_2019": np.searchsorted(cuts, later).astype(np.int8),
            },
            active={"edition_2012": was_active, "tour_2019": ~gone},
            founded=np.maximum(founded, -25_000).astype(np.int32),
            reluctance=rng.random(count, dtype=np.float32),
        )

    def activity(self, chunk: int, edition: str, companies: Companies) -> Activity:
        """Innovation and export of the companies of a chunk in an edition.

        About 50 % of innovators and 5 % of the others export (the contrast that the campaign is about).
        """
        count, kinds = len(companies.siren), len(INNOVATIONS[edition])
        lasting = stream(self.seed, "activity", chunk)
        now = stream(self.seed, f"activity {edition}", chunk)
        firm = lasting.standard_normal(count, dtype=np.float32)
        abroad = lasting.logistic(size=count).astype(np.float32)
        size = _BAND_LOG_HEADCOUNT[companies.band[edition]] - np.float32(_MEAN_LOG_HEADCOUNT)
        drive = 0.38 * size + 0.8 * _INNOVATION[companies.sector] + 1.3 * firm
        level = np.array([-1.75, -1.85, -2.15, -2.65], dtype=np.float32)[:kinds]
        innovates = drive[:, None] + level > now.logistic(size=(count, kinds)).astype(np.float32)
        pull = 0.30 * size + 0.9 * _EXPORT[companies.sector]
        # Export is mostly lasting: the noise of one edition stands beside a larger one kept between editions.
        noise = 0.85 * abroad + 0.45 * now.logistic(size=count).astype(np.float32)
        exports = np.where(innovates.any(axis=1), -0.19, -2.93) + pull > noise
        return Activity(innovates=innovates, exports=exports)

    def needs(self, chunk: int, edition: str, companies: Companies, activity: Activity) -> Needs:
        """Competence needs of the companies of a chunk in an edition.

        The strength of a need adds what exporting, innovating, size and sector do to its family, the
        company's and the family's own lasting part, and the moment's noise. Needs follow the contract: in
        2019 importance of 4 or 5, or hard to recruit, or a priority; in 2012 ticked, or hard to recruit.
        """
        count = len(companies.siren)
        lasting = stream(self.seed, "needs", chunk)
        now = stream(self.seed, f"needs {edition}", chunk)
        shape = (count, len(COMPETENCES))
        size = _BAND_LOG_HEADCOUNT[companies.band[edition]] - np.float32(_MEAN_LOG_HEADCOUNT)
        family = (
            np.where(activity.exports[:, None], _BY_EXPORT, 0)
            + np.where(activity.innovator[:, None], _BY_INNOVATION, 0)
            + size[:, None] * _BY_SIZE
            + _INNOVATION[companies.sector][:, None] * _BY_SECTOR
            + 0.35 * lasting.standard_normal((count, 1), dtype=np.float32)
            + 0.45 * lasting.standard_normal((count, len(_FAMILIES)), dtype=np.float32)
        )
        strength = family[:, _FAMILY_OF].astype(np.float32)
        strength += _LEVEL
        strength += 0.6 * lasting.standard_normal(shape, dtype=np.float32)
        strength += 0.5 * now.standard_normal(shape, dtype=np.float32)

        asked = [COMPETENCES.index(code) for code in ASKED[edition]]
        hard_asked = [COMPETENCES.index(code) for code in HARD_ASKED[edition]]
        column = [ASKED[edition].index(code) for code in HARD_ASKED[edition]]
        doubt = now.standard_normal((count, len(hard_asked)), dtype=np.float32)
        hard = strength[:, hard_asked] + 0.9 * doubt > _HARD_CUT[hard_asked]
        importance = np.zeros((count, 0), dtype=np.int8)
        ticked = np.zeros((count, 0), dtype=np.bool_)
        rank = np.zeros((count, 0), dtype=np.int8)
        if edition == "tour_2019":
            importance = (1 + np.searchsorted(_IMPORTANCE_CUTS, strength[:, asked])).astype(np.int8)
            rank = _priorities(strength[:, hard_asked], most=3, floor=0.3)
            need = importance >= 4
            need[:, column] |= hard | (rank > 0)
        else:
            ticked = (
                strength[:, asked] + 0.4 * now.standard_normal((count, len(asked)), dtype=np.float32) > 0.3
            )
            need = ticked.copy()
            need[:, column] |= hard
        return Needs(importance, ticked, hard, rank, need, strength)


def _priorities(strength: FloatArray, *, most: int, floor: float) -> SmallArray:
    """Rank 1..most of the strongest columns of each row, among those above ``floor``; 0 elsewhere."""
    order = np.argsort(-strength, axis=1, kind="stable")[:, :most]
    rank = np.zeros(strength.shape, dtype=np.int8)
    np.put_along_axis(rank, order, np.arange(1, most + 1, dtype=np.int8)[None, :], axis=1)
    rank[strength <= floor] = 0
    return rank


def _pick(rng: np.random.Generator, probability: npt.NDArray[np.float64], count: int) -> IntArray:
    """Draw positions with the given probabilities (faster than ``choice``: one binary search a draw)."""
    edges = np.cumsum(probability)
    positions: IntArray = np.searchsorted(edges, rng.random(count) * edges[-1], side="right")
    return positions
