"""The queries of the gate on partners' tables, written from the contracts. Belongs here: SQL that follows from
them alone. Does not: what is expected of its rows (expectations/decoded_partners.json)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from orchestration.collection.partners.contract import KEY, Contract, Feed, feeds_of

_ROW_COUNTS = """\
),

before as (
    select name, rows
    from previous.rows
    where starts_with(name, 'partners:')
)

select
    coalesce(found.name, before.name) as name,
    coalesce(found.rows, 0) as rows,
    before.rows as previous_rows,
    coalesce(found.rows, 0) > 0 or coalesce(before.rows, 0) = 0 as is_still_there
from found
full join before on before.name = found.name
"""
_LOST = """\
),

lost as (
    select table_name, count(distinct file || row_number) as rows
    from lake.partner_quarantine
    where is_row_lost
    group by table_name
)

select
    there.table_name,
    there.rows,
    coalesce(lost.rows, 0) as lost_rows,
    coalesce(lost.rows, 0) / nullif(there.rows + coalesce(lost.rows, 0), 0) as lost_share
from there
left join lost on lost.table_name = there.table_name
"""


def gate_queries(contracts: Sequence[Contract]) -> dict[str, str]:
    """The files of ``expectations/decoded_partners``, by name."""
    feeds = sorted((feed for _, feed in feeds_of(contracts)), key=lambda feed: feed.table)
    counted = "    select '{0}{1}' as {2}, count(*) as rows from lake.{1}\n"
    texts = "    select '{0}' as table_name, '{1}' as column_name, {1} as personal_text from lake.{0}\n"
    return {
        "keys.sql": "-- The keys of partners' tables that stand there most often, twenty a table.\n"
        + _all(feeds, "union all\n", _keys),
        "companies.sql": "-- Company keys of partners' tables, and whether each is one.\n"
        + _all((feed for feed in feeds if _has(feed, KEY)), "union\n", _companies),
        "texts.sql": "-- Free texts of partners that look personal: none, where all is as it should be.\nselect\n"
        "    table_name,\n    column_name,\n    personal_text,\n    has_email(personal_text) as has_an_email,\n"
        "    has_phone(personal_text) as has_a_phone\nfrom (\n"
        + "    union\n".join(
            texts.format(feed.table, column.name)
            for feed in feeds
            for column in feed.columns
            if column.kind == "text"
        )
        + ") as texts\nwhere has_email(personal_text) or has_phone(personal_text)\n",
        "quarantine.sql": "-- Rows lost of each partner's table, against those that are there.\nwith there as (\n"
        + _all(feeds, "    union all\n", lambda feed: counted.format("", feed.table, "table_name"))
        + _LOST,
        "row_counts.sql": "-- Rows of each partner's table against those of the last release; what is gone has 0.\n"
        "with found as (\n"
        + _all(feeds, "    union all\n", lambda feed: counted.format("partners:", feed.table, "name"))
        + _ROW_COUNTS,
    }


def _all(feeds: Iterable[Feed], between: str, query: Callable[[Feed], str]) -> str:
    return between.join(map(query, feeds))


def _has(feed: Feed, name: str) -> bool:
    return any(column.name == name for column in feed.columns)


def _keys(feed: Feed) -> str:
    key = " || ' / ' || ".join(f"coalesce(cast({name} as varchar), '?')" for name in feed.key)
    return (
        f"(\n    select '{feed.table}' as table_name, {key} as row_key, count(*) as rows\n    from lake.{feed.table}\n"
        f"    group by {', '.join(feed.key)}\n    order by rows desc, row_key\n    limit 20\n)\n"
    )


def _companies(feed: Feed) -> str:
    return (
        f"select '{feed.table}' as table_name, {KEY}, regexp_full_match({KEY}, '[0-9a-f]{{32}}') as is_key\n"
        f"from lake.{feed.table}\nwhere {KEY} is not null\n"
    )
