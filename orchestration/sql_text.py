"""Texts and names inside SQL. Belongs here: quoting, for statements that take no parameters (ATTACH, COPY, views).
Does not: statements."""

from __future__ import annotations


def literal(value: object) -> str:
    """A value's text as an SQL string literal."""
    return "'" + str(value).replace("'", "''") + "'"


def identifier(name: str) -> str:
    """The name of a column or table as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'
