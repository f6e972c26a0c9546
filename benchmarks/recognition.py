"""How well and how fast texts are recognised against the labels of ESCO, beside plain lexical methods.

    python benchmarks/recognition.py ../shared/data

Data: `skill_matching/` (mentions in job advertisements with their ESCO v1.1 label, TECH and HOUSE validation sets,
13,896 candidate labels; older French labels with the concept they name today) and `esco/`. A mention counts once a set;
those without a label in ESCO count for precision and coverage only. Nothing is learned from these sets but the
threshold: which words are near comes from ESCO's own labels in two languages, without the French wordings asked for.

Printed for each set: recall at 1, 5 and 10; precision of what is accepted, with its 95 % interval (Wilson), and its
share of all texts (coverage); the share of what is called outside the frame that had its competence among the ten.
The plain method beside it is the best of those tried: TF-IDF of letter trigrams, labels only. The published figures are
those that the project's plan gives for plain lexical methods. Speed: texts a second from folded text to ten candidates,
by the clock and by the processors' time (the clock suffers from other work on the machine).
"""

from __future__ import annotations

import csv
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.stats import binomtest

from orchestration.frame import Concept, Scheme, esco_files, read_esco
from orchestration.frame.models import ConceptName
from orchestration.plain_text import clean, fold
from orchestration.recognition import ACCEPTED, REVIEWED, Candidate, Index, learn, sureness

PUBLISHED = {"TECH": (0.37, 0.58), "HOUSE": (0.30, 0.49), "French": (0.71, 0.88)}
SPEED_TEXTS = 20_000


class Asked(NamedTuple):
    """A text and the codes that are right, none where no label fits."""

    text: str
    right: frozenset[str]


def main() -> None:
    """Measure every set, then the speed, and print the tables."""
    shared = Path(sys.argv[1])
    labels, sets = read_sets(shared / "skill_matching")
    folder = shared / "esco"
    esco = read_esco([folder / "v1.0" / "skills_en-us.csv", *esco_files(folder / "v1.2_fr")], "1.2")
    started = time.perf_counter()
    near = learn(esco)
    print(f"near words learned from {len(esco.concepts):,} concepts in {time.perf_counter() - started:.1f} s")
    english = Scheme(
        "labels", tuple(Concept(label, (ConceptName("en", "label", label),)) for label in labels)
    )
    french = [one for one in esco.concepts if any(name.language == "fr" for name in one.names)]
    schemes = {"TECH": english, "HOUSE": english, "French": Scheme("esco", tuple(french))}
    indexes = {id(scheme): Index(scheme, near) for scheme in schemes.values()}
    print(
        f"\n{'set':8}{'texts':>6}{'method':>12}{'@1':>7}{'@5':>7}{'@10':>7}{'precision':>11}{'interval':>14}",
        end="",
    )
    print(f"{'coverage':>10}{'missed':>8}")
    for name, asked in sets.items():
        scheme = schemes[name]
        keys = [fold(clean(one.text)) for one in asked]
        _print(name, "ours", asked, indexes[id(scheme)].rank(keys))
        _print(name, "trigrams", asked, trigrams_only(scheme, keys), judged=False)
        at_1, at_5 = PUBLISHED[name]
        print(f"{'':14}{'published':>12}{at_1:7.2f}{at_5:7.2f}")
    random = np.random.default_rng(2026)
    texts = [fold(clean(labels[place])) for place in random.integers(len(labels), size=SPEED_TEXTS)]
    print(f"\n{'speed against':32}{'texts/s':>9}{'texts/s of one processor':>26}")
    for name, scheme in {
        "13,896 English labels": english,
        "13,095 concepts, two languages": schemes["French"],
    }.items():
        started, used = time.perf_counter(), time.process_time()
        indexes[id(scheme)].rank(texts)
        clock, processor = time.perf_counter() - started, time.process_time() - used
        print(f"{name:32}{SPEED_TEXTS / clock:9,.0f}{SPEED_TEXTS / processor:26,.0f}")


def read_sets(folder: Path) -> tuple[list[str], dict[str, list[Asked]]]:
    """The candidate labels, and the three validation sets."""
    labels = (folder / "skills_en_label.txt").read_text(encoding="utf-8").split("\n")
    labels = [label for label in labels if label]
    sets = {}
    for name in ("TECH", "HOUSE"):
        found: dict[str, set[str]] = {}
        with (folder / f"{name.lower()}_validation_annotations.csv").open(
            encoding="utf-8", newline=""
        ) as file:
            for row in csv.DictReader(file):
                found.setdefault(row["sub_span"] or row["span"], set()).add(row["label"])
        known = frozenset(labels)
        sets[name] = [Asked(text, frozenset(right) & known) for text, right in found.items()]
    with (folder / "french_pairs_validation.csv").open(encoding="utf-8", newline="") as file:
        sets["French"] = [
            Asked(row["query_fr_v10"], frozenset({row["conceptUri"]})) for row in csv.DictReader(file)
        ]
    return labels, sets


def trigrams_only(scheme: Scheme, keys: Sequence[str]) -> list[list[Candidate]]:
    """The plain method: cosine of TF-IDF letter trigrams, one vector a label of the texts' own language."""
    import scipy.sparse as sp  # noqa: PLC0415

    labels = [fold(clean(concept.label("fr"))) for concept in scheme.concepts]
    numbers: dict[str, int] = {}

    def counts(texts: Sequence[str], grow: bool) -> sp.csr_matrix:
        rows, columns = [], []
        for row, text in enumerate(texts):
            for word in text.split():
                ended = f" {word} "
                for place in range(len(ended) - 2):
                    gram = ended[place : place + 3]
                    if grow or gram in numbers:
                        rows.append(row)
                        columns.append(numbers.setdefault(gram, len(numbers)))
        return sp.csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(len(texts), len(numbers)))

    def unit(table: sp.csr_matrix) -> sp.csr_matrix:
        weighted = table @ sp.diags(idf)
        length = np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1)).ravel())
        return sp.diags(1 / np.where(length == 0, 1, length)) @ weighted

    counted = counts(labels, grow=True)
    idf = 1 + np.log((1 + len(labels)) / (1 + np.asarray((counted > 0).sum(axis=0)).ravel()))
    asked = counts(keys, grow=False)
    scores = (unit(asked) @ unit(counted).T).toarray()
    order = np.argsort(-scores, axis=1, kind="stable")[:, :10]
    codes = [concept.code for concept in scheme.concepts]
    return [
        [Candidate(codes[place], float(row[place])) for place in best if row[place] > 0]
        for row, best in zip(scores, order, strict=True)
    ]


def _print(
    name: str, method: str, asked: Sequence[Asked], ranked: Sequence[list[Candidate]], judged: bool = True
) -> None:
    places = np.array(
        [
            next((place for place, one in enumerate(found) if one.code in text.right), 99)
            for text, found in zip(asked, ranked, strict=True)
            if text.right
        ]
    )
    line = f"{name if judged else '':8}{len(places):6}{method:>12}"
    line += "".join(f"{np.mean(places < best):7.3f}" for best in (1, 5, 10))
    if judged:
        sure = [bool(found) and sureness(found) >= ACCEPTED for found in ranked]
        hits = [
            bool(found) and found[0].code in text.right for text, found in zip(asked, ranked, strict=True)
        ]
        taken = sum(sure)
        right = sum(hit for hit, one in zip(hits, sure, strict=True) if one)
        interval = binomtest(right, taken).proportion_ci(0.95, "wilson")
        outside = [
            any(one.code in text.right for one in found)
            for text, found in zip(asked, ranked, strict=True)
            if not found or found[0].score < REVIEWED
        ]
        missed = f"{np.mean(outside):.3f}" if outside else "-"
        line += (
            f"{right / taken:11.3f}{f'{interval.low:.2f}-{interval.high:.2f}':>14}{taken / len(asked):10.3f}"
        )
        line += f"{missed:>8}"
    print(line)


if __name__ == "__main__":
    main()
