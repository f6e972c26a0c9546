"""Partners' feeds as Dagster assets. Belongs here: one asset a feed, with its delivery and its age as checks. Does not:
judging files (delivery.py, age.py)."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import dagster as dg

from orchestration.archive import Archive
from orchestration.collection.inbox import find_partner_files
from orchestration.collection.partners.age import age
from orchestration.collection.partners.contract import Contract, Feed, feeds_of
from orchestration.collection.partners.delivery import Delivery, Source, deliver
from orchestration.collection.partners.fetching import check_addresses, fetch
from orchestration.collection.web import Patience, shown
from orchestration.identifiers import CompanyKeys
from orchestration.personal_text import hide
from orchestration.pools import server
from orchestration.settings import Settings

GROUP = "collection"
_STATES = {
    "new": "a new version was archived",
    "unchanged": "the same content as the last good version",
    "refused": "refused, see the check 'good_file'",
    "absent": "no file lies in the inbox",
    "unfetched": "no usable file came from the address, see the check 'good_file'",
}


def feed_key(table: str) -> dg.AssetKey:
    """The asset of a feed's archived file."""
    return dg.AssetKey(["raw", f"partner__{table}"])


def feed_assets(
    settings: Settings, contracts: Sequence[Contract], patience: Patience | None = None
) -> list[dg.AssetsDefinition]:
    """One asset a feed, which can be refreshed alone.

    Its checks warn and never stop a run: whatever comes, the last good version stays in use, and the gates judge what
    is made of it. ``patience`` is that with servers.

    Raises:
        PartnerFileError: the settings have an address for a table that no contract has.
    """
    check_addresses(settings, contracts)
    return [_feed(settings, contract, feed, patience) for contract, feed in feeds_of(contracts)]


def _feed(
    settings: Settings, contract: Contract, feed: Feed, patience: Patience | None
) -> dg.AssetsDefinition:
    key = feed_key(feed.table)
    spec = dg.AssetSpec(
        key,
        group_name=GROUP,
        owners=[f"team:{contract.owner}"],
        kinds={feed.format if feed.member is None else "zip", "parquet"},
        tags={"partner": contract.partner},
        description=f"**{contract.title}** ({contract.publisher}). {feed.description} Files named `{feed.files}` in "
        f"`inbox/partners/`, or what stands at the feed's address, once a {feed.every}; archived without SIREN, SIRET, "
        "names or contacts.",
        metadata={
            "dagster/column_schema": _columns(feed),
            "licence": contract.licence,
            "source": contract.source,
            "publisher": contract.publisher,
            "frequency": feed.every,
            "retention_years": contract.retention_years,
        },
    )
    good = dg.AssetCheckSpec(
        "good_file",
        asset=key,
        description="The file came, by the inbox or from its address, and is as its contract says. Else one message "
        "says what is wrong and what to do, and the last good version stays in use.",
    )
    on_time = dg.AssetCheckSpec(
        "on_time",
        asset=key,
        description=f"A file comes once a {feed.every}, {feed.grace_days} days late at most.",
    )

    @dg.multi_asset(
        name=f"collect_{feed.table}",
        specs=[spec],
        check_specs=[good, on_time],
        required_resource_keys={"refresh_lock"},
        pool=server(contract.partner),
    )
    def collect(context: dg.AssetExecutionContext) -> dg.MaterializeResult:  # type: ignore[type-arg]
        keys = CompanyKeys.load(settings.company_key_secret, settings.secrets)
        archive = Archive(settings.archive)
        sources = _sources(settings, feed, patience)
        deliveries = [deliver(source, contract, feed, archive, keys) for source in sources]
        last = deliveries[-1]
        problems = [one.problem for one in deliveries if one.problem]
        for problem in problems:
            context.log.warning(problem)
        # Nobody sends simulated files again: their age says nothing.
        simulated = any(
            isinstance(source, Path) and source.is_relative_to(settings.sample_folder) for source in sources
        )
        entries = (
            archive.entries("partners", feed.table) if feed.period else [last.entry] if last.entry else []
        )
        return dg.MaterializeResult(
            metadata=_metadata(settings, contract, last)
            | _address(settings, feed, sources)
            | ({"set_aside": problems} if problems else {}),
            data_version=dg.DataVersion("-".join(entry.sha256[:16] for entry in entries) or "none"),
            check_results=[_good(last, problems), _on_time(feed, last, simulated=simulated)],
        )

    return collect


def _columns(feed: Feed) -> dg.TableSchema:
    """What is archived, in text as it came; the number of a company only as its key."""
    return dg.TableSchema([dg.TableColumn(one.name, "string", one.description) for one in feed.columns])


def _sources(settings: Settings, feed: Feed, patience: Patience | None) -> list[Source]:
    """The feed's files in the inbox, else what its address has, else those of the sample."""
    if found := find_partner_files([], [settings.inbox], [feed]).feeds.get(feed.table):
        return list(found)
    # The simulated file stands in where there is none, not where one could not be fetched.
    if feed.table in settings.partner_urls:
        return [partial(fetch, settings, feed, patience)]
    roots = [settings.sample_folder] if settings.sample else []
    return list(find_partner_files([], roots, [feed]).feeds.get(feed.table, ())) or [None]


def _address(settings: Settings, feed: Feed, sources: Sequence[object]) -> dict[str, str]:
    """What is told of the feed's address, if it has one; it may hold a secret."""
    if feed.table not in settings.partner_urls:
        return {}
    is_asked = not any(isinstance(source, Path) for source in sources)
    address = shown(settings.partner_urls[feed.table].get_secret_value())
    return {"address": address if is_asked else f"not asked, a file lies in the inbox: {address}"}


def _metadata(settings: Settings, contract: Contract, last: Delivery) -> dict[str, Any]:
    entry = last.entry
    told: dict[str, Any] = {
        "dagster/row_count": last.rows,
        "licence": contract.licence,
        "source": contract.source,
        "delivery": _STATES[last.state],
    }
    if entry is None:
        return told | {"origin": "no file"}
    delivered = last.delivered_at or entry.collected_at
    return told | {
        "origin": str(entry.facts["origin"]),
        "vintage": entry.facts.get("vintage") or f"as of {delivered:%Y-%m-%d}",
        "age_days": (datetime.now(UTC) - delivered).days,
        "delivered_on": f"{delivered:%Y-%m-%d}",
        "rejected_rows": int(entry.facts["rejected"]),
        "archived": str(entry.path.relative_to(settings.archive)),
        "bytes": entry.bytes,
        "unknown_columns": [hide(heading) for heading in last.unknown],
    }


def _good(last: Delivery, problems: Sequence[str]) -> dg.AssetCheckResult:
    # Never an error: the publisher would refuse the whole release for it, and there is always something to stand on.
    return dg.AssetCheckResult(
        check_name="good_file",
        passed=not problems,
        severity=dg.AssetCheckSeverity.WARN,
        description=" ".join(problems) or _STATES[last.state],
        metadata={"in_use": str(last.entry.facts["origin"]) if last.entry else "nothing"},
    )


def _on_time(feed: Feed, last: Delivery, *, simulated: bool) -> dg.AssetCheckResult:
    delivered = last.delivered_at.date() if last.delivered_at else None
    judged = age(feed, delivered, datetime.now(UTC).date())
    if simulated:
        told = "the file is simulated: its age is not judged"
    elif delivered is None:
        told = "no good file has ever come"
    else:
        state = "late" if judged.is_late else "on time"
        told = f"{state}: the last good file is {judged.days} days old, the next one is due by {judged.due}"
    return dg.AssetCheckResult(
        check_name="on_time",
        passed=simulated or not judged.is_late,
        severity=dg.AssetCheckSeverity.WARN,
        description=told,
        metadata={} if judged.days is None else {"age_days": judged.days, "due": str(judged.due)},
    )
