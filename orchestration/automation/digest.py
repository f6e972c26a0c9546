"""The weekly digest. Belongs here: what changed since a week ago (responses, figures, quality), in French and English.
Does not: any figure that is not public, or sending (alerts.py)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import dagster as dg
import duckdb
import yaml

from orchestration import audit
from orchestration.automation.alerts import Alert
from orchestration.automation.failures import WEEKLY_REFRESH
from orchestration.publication.releases import Release, current, list_releases
from orchestration.publication.report.words import LANGUAGES, Words, french_spacing
from orchestration.settings import Settings

WEEK = timedelta(days=7)
_FIGURES = """
select f.edition, f.indicator, f.value, i.label_fr, i.label_en
from (
    select edition, indicator, value from pub_innovation_export where domain_type = 'all'
    union all
    select edition, indicator, value from pub_participation where domain_type = 'all'
) as f
inner join pub_indicator as i on f.indicator = i.indicator
order by f.edition desc, f.indicator
"""
_EDITIONS = "select edition, title_fr, title_en, respondents from pub_edition order by year desc, edition"
_SHOWN = "select count(value), count(*) from pub_innovation_export"


@dataclass(frozen=True)
class Snapshot:
    """The public tables of one release, as far as a digest tells them."""

    responses: Mapping[str, int]
    titles: Mapping[str, Mapping[str, str]]
    figures: Mapping[tuple[str, str], float | None]
    labels: Mapping[str, Mapping[str, str]]
    shown: int
    all: int


def digest(settings: Settings, instance: dg.DagsterInstance, now: datetime) -> Alert:
    """The digest of the week before ``now``, the French text first; figures are those of the public tables."""
    release, before = current(settings.releases), None
    if release is not None:
        before = _week_ago(settings, release, now)
    counts = _runs(instance, now)
    lines: list[str] = []
    for language in LANGUAGES:
        lines += [*([""] if lines else []), *_lines(settings, language, release, before, counts)]
    texts = _texts()["fr"]
    subject = texts["subject"].format(week=f"{now - WEEK:%Y-%m-%d}", release=release.id if release else "–")
    return Alert(french_spacing(subject), lines, {"UI": settings.ui_url})


def _lines(
    settings: Settings,
    language: str,
    release: Release | None,
    before: Release | None,
    runs: Mapping[str, int],
) -> list[str]:
    texts = _texts()[language]
    polish = french_spacing if language == "fr" else str
    said = list(_of_release(texts, language, release, before))
    said += [texts["quality"]]
    if release is not None:
        gates = release.manifest.gates
        passed, expectations = sum(gate.passed for gate in gates), sum(gate.expectations for gate in gates)
        said.append("- " + texts["gates"].format(passed=passed, all=len(gates), expectations=expectations))
    said.append("- " + texts["runs"].format(**runs))
    chain = audit.verify(settings)
    said.append("- " + texts["audit"].format(records=chain.records, head=chain.head[:12]))
    return [polish(line) for line in said]


def _of_release(
    texts: Mapping[str, str], language: str, release: Release | None, before: Release | None
) -> Iterator[str]:
    if release is None:
        yield texts["no_release"]
        return
    words = Words(language)
    day = words.date(datetime.fromisoformat(release.created_at).date())
    facts = {"release": release.id, "day": day}
    if before is None:
        yield texts["first"].format(**facts)
    else:
        yield texts["same" if before.id == release.id else "fresh"].format(**facts, before=before.id)
    after = _snapshot(release)
    if after is None:
        yield texts["not_comparable"]
        return
    earlier = _snapshot(before) if before else None
    if before is not None and earlier is None:
        yield texts["not_comparable"]
    yield texts["responses"]
    for edition, count in after.responses.items():
        change = _difference(texts, words, count, earlier.responses.get(edition, 0) if earlier else None)
        title = after.titles[edition][language]
        yield "- " + texts["edition"].format(title=title, now=words.number(count), difference=change)
    yield texts["figures"]
    if earlier is not None:
        yield from _of_figures(texts, words, after, earlier)
    change = _difference(texts, words, after.shown, earlier.shown if earlier else None)
    numbers = {"shown": words.number(after.shown), "all": words.number(after.all)}
    yield "- " + texts["shown"].format(**numbers, difference=change)


def _of_figures(texts: Mapping[str, str], words: Words, after: Snapshot, earlier: Snapshot) -> Iterator[str]:
    changed = False
    for key, now in after.figures.items():
        was = earlier.figures.get(key)
        if now == was:
            continue
        changed = True
        kind = "new_figure" if was is None else "hidden_figure" if now is None else "figure"
        yield "- " + texts[kind].format(
            label=after.labels[key[1]][words.language],
            title=after.titles[key[0]][words.language],
            now=_share(now, words),
            before=_share(was, words),
        )
    if not changed:
        yield "- " + texts["no_figure"]


def _week_ago(settings: Settings, release: Release, now: datetime) -> Release | None:
    """The newest release that was there a week ago; None where none was."""
    for one in list_releases(settings.releases):
        if datetime.fromisoformat(one.created_at) <= now - WEEK:
            return one
    return None


def _snapshot(release: Release) -> Snapshot | None:
    """What a release says; None where its tables are those of another version."""
    try:
        with duckdb.connect(str(release.database), read_only=True) as connection:
            editions = connection.execute(_EDITIONS).fetchall()
            figures = connection.execute(_FIGURES).fetchall()
            counts: Any = connection.execute(_SHOWN).fetchone()
    except duckdb.Error:
        return None
    return Snapshot(
        responses={edition: respondents for edition, _, _, respondents in editions},
        titles={edition: {"fr": fr, "en": en} for edition, fr, en, _ in editions},
        figures={(edition, indicator): value for edition, indicator, value, _, _ in figures},
        labels={indicator: {"fr": fr, "en": en} for _, indicator, _, fr, en in figures},
        shown=counts[0],
        all=counts[1],
    )


def _runs(instance: dg.DagsterInstance, now: datetime) -> dict[str, int]:
    def count(status: dg.DagsterRunStatus) -> int:
        since = dg.RunsFilter(job_name=WEEKLY_REFRESH, statuses=[status], created_after=now - WEEK)
        return instance.get_runs_count(since)

    return {"succeeded": count(dg.DagsterRunStatus.SUCCESS), "failed": count(dg.DagsterRunStatus.FAILURE)}


def _difference(texts: Mapping[str, str], words: Words, now: int, before: int | None) -> str:
    """In brackets with a blank before it; nothing where there is nothing to compare with."""
    if before is None:
        return ""
    if now == before:
        return f" ({texts['unchanged']})"
    return f" ({'+' if now > before else '−'}{words.number(abs(now - before))})"


def _share(value: float | None, words: Words) -> str:
    return "" if value is None else words.percent(value, 1)


@cache
def _texts() -> Mapping[str, Mapping[str, str]]:
    found: Mapping[str, Mapping[str, str]] = yaml.safe_load(
        Path(__file__).with_suffix(".yaml").read_text(encoding="utf-8")
    )
    return found
