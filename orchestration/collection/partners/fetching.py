"""A feed's file from the web. Belongs here: which address a feed has, and bringing its file. Does not: how files are
downloaded (downloads.py), judging them (delivery.py)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from orchestration.collection.downloads import download
from orchestration.collection.inbox import PARTNERS
from orchestration.collection.partners.contract import Contract, Feed, feeds_of
from orchestration.collection.web import Patience
from orchestration.errors import PartnerFileError
from orchestration.settings import Settings

_SETTING = "SKILLSBANK_PARTNER_URLS__"


def check_addresses(settings: Settings, contracts: Sequence[Contract]) -> None:
    """See that each address is a feed's.

    Raises:
        PartnerFileError: no contract has the table.
    """
    tables = [feed.table for _, feed in feeds_of(contracts)]
    for table in settings.partner_urls:
        if table not in tables:
            raise PartnerFileError(
                f"no contract has a table '{table}'",
                where=f"{_SETTING}{table.upper()}",
                expected=f"one of {', '.join(tables)}",
                fix="correct the name of the setting",
            )


def fetch(settings: Settings, feed: Feed, patience: Patience | None = None) -> Path:
    """Bring a feed's file from its address, under the name that it has there: it may tell the vintage.

    Raises:
        WebError: no whole file came; what came before stays.
    """
    address = settings.partner_urls[feed.table].get_secret_value()
    last = unquote(urlsplit(address).path).rpartition("/")[2]
    name = re.sub(r"[^\w.-]+", "_", last).lstrip(".")[-100:] or f"{feed.table}.{feed.format}"
    path = settings.downloads / PARTNERS / feed.table / name
    return download(address, path, f"{_SETTING}{feed.table.upper()}", patience).path
