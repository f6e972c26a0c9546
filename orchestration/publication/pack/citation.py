"""How to use and cite the data. Belongs here: ``LICENCE.txt`` and ``CITATION.cff`` (Citation File Format 1.2.0). Does
not: which licence a column has (licences.py)."""

from __future__ import annotations

import yaml

from orchestration.publication.pack.content import (
    KEYWORDS,
    LICENCE,
    LICENCE_TITLE,
    LICENCE_URL,
    PUBLISHER,
    TITLE,
    Content,
)

LICENCE_FILE, CITATION_FILE = "LICENCE.txt", "CITATION.cff"
_LICENCE = """\
{title}

Licence: {licence} ({code})
{url}

You may copy, change and publish these data, for profit too, if you name the source and the date of the release.
Vous pouvez copier, modifier et publier ces données, y compris à titre commercial, à condition d'en citer la source et
la date de publication.

How to cite / Comment citer: see CITATION.cff.

Sources to name where you publish what comes from them / Sources à citer :
{sources}

The licence of each column is in dictionary.csv.
La licence de chaque colonne est dans dictionary.csv.
"""


def licence_note(content: Content) -> str:
    """The text of ``LICENCE.txt``: the licence of the whole, and whom to name for what."""
    sources = "\n".join(
        f"- {source.attribution}: {source.description} ({source.licence})"
        for source in content.sources.values()
    )
    return _LICENCE.format(
        title=TITLE["en"], licence=LICENCE_TITLE, code=LICENCE, url=LICENCE_URL, sources=sources
    )


def citation(content: Content) -> str:
    """The text of ``CITATION.cff``."""
    said = {
        "cff-version": "1.2.0",
        "message": "If you use these data, please cite them as below.",
        "type": "dataset",
        "title": TITLE["en"],
        "abstract": content.description("en"),
        "authors": [{"name": PUBLISHER}],
        "keywords": list(KEYWORDS["en"]),
        "license": LICENCE,
        "version": content.version,
        "date-released": content.released_on,
    }
    return yaml.safe_dump(said, sort_keys=False, allow_unicode=True, width=100)
