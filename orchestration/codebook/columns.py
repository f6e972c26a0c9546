"""The columns of an export, derived from its questions. Belongs here: kinds of questions, LimeSurvey's own
columns, and headings. Does not: reading or checking codebooks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from orchestration.codebook.models import Question

Kind = Literal[
    "siren",
    "siret",
    "text",
    "long_text",
    "number",
    "date",
    "single",
    "yes_no",
    "multiple",
    "multiple_comments",
    "array",
    "array_numbers",
    "dual_scale",
    "ranking",
    "display",
]
ValueKind = Literal["code", "number", "text", "date"]
Role = Literal["value", "item", "rank", "other", "comment"]
Comparability = Literal["identical", "close", "broken"]

VALUE_KINDS: Mapping[Kind, ValueKind] = MappingProxyType(
    {
        "siren": "text",
        "siret": "text",
        "text": "text",
        "long_text": "text",
        "number": "number",
        "array_numbers": "number",
        "date": "date",
        "single": "code",
        "yes_no": "code",
        "multiple": "code",
        "multiple_comments": "code",
        "array": "code",
        "dual_scale": "code",
        "ranking": "code",
    }
)
YES_NO: Mapping[str, str] = MappingProxyType({"Y": "yes", "N": "no"})
OTHER_CODE = "-oth-"
OTHER = "other"


class MetaColumn(NamedTuple):
    """A column that LimeSurvey itself adds: what it holds, and whether some surveys lack it."""

    kind: Literal["integer", "text", "moment"]
    optional: bool


META_COLUMNS: Mapping[str, MetaColumn] = MappingProxyType(
    {
        "id": MetaColumn("integer", optional=False),
        "submitdate": MetaColumn("moment", optional=False),
        "lastpage": MetaColumn("integer", optional=True),
        "startlanguage": MetaColumn("text", optional=True),
        "seed": MetaColumn("text", optional=True),
        "token": MetaColumn("text", optional=True),
        "startdate": MetaColumn("moment", optional=True),
        "datestamp": MetaColumn("moment", optional=True),
        "ipaddr": MetaColumn("text", optional=True),
    }
)


@dataclass(frozen=True, slots=True)
class Column:
    """One column of an export: where its cells come from and where their values go.

    ``heading`` is LimeSurvey's code heading (``COMP[C01]``), ``vv_heading`` that of a VV file (``COMP_C01``).
    ``values`` maps answer codes to canonical values and is empty where cells hold no code.
    ``variable`` and ``item`` are None where there is none (a text display; a question without items).
    """

    heading: str
    vv_heading: str
    question: str
    kind: Kind
    role: Role
    variable: str | None
    item: str | None
    values: Mapping[str, str] = field(hash=False)
    scale: str | None
    slot: int | None
    personal: bool
    comparability: Comparability
    label_fr: str
    label_en: str

    @property
    def is_free_text(self) -> bool:
        """True where people write what they like: to be scrubbed of e-mails and phone numbers."""
        return self.kind in {"text", "long_text"} or self.role in {"other", "comment"}


def columns_of(question: Question) -> Iterator[Column]:
    """Yield a question's columns in the order of LimeSurvey's exports."""
    match question.kind:
        case "dual_scale":
            yield from _dual_scale(question)
        case "ranking":
            for slot in range(1, (question.slots or 0) + 1):
                yield _column(
                    question, f"[{slot}]", "rank", item=str(slot), slot=slot, values=question.values
                )
        case "multiple" | "multiple_comments":
            yield from _multiple(question)
        case "array" | "array_numbers":
            for item, canonical in (question.items or {}).items():
                yield _column(question, f"[{item}]", "item", item=canonical, values=question.values)
        case "single":
            other = {OTHER_CODE: OTHER} if question.other else {}
            yield _column(question, "", "value", values=(question.values or {}) | other)
        case "yes_no":
            yield _column(question, "", "value", values=YES_NO)
        case _:
            yield _column(question, "", "value")
    if question.other:
        yield _column(question, "[other]", "other", item=OTHER)


def _multiple(question: Question) -> Iterator[Column]:
    for item, canonical in (question.items or {}).items():
        yield _column(question, f"[{item}]", "item", item=canonical, values={"Y": "yes"})
        if question.kind == "multiple_comments":
            yield _column(question, f"[{item}comment]", "comment", item=f"{canonical}:comment")


def _dual_scale(question: Question) -> Iterator[Column]:
    for item, canonical in (question.items or {}).items():
        for scale, variable in (question.scales or {}).items():
            yield _column(
                question,
                f"[{item}][{scale}]",
                "item",
                # A VV file counts the two scales from 0, code headings from 1.
                vv=f"_{item}_{int(scale) - 1}",
                variable=variable,
                item=canonical,
                values=question.values,
                scale=scale,
            )


def _column(
    question: Question,
    suffix: str,
    role: Role,
    *,
    vv: str | None = None,
    variable: str | None = None,
    item: str | None = None,
    values: Mapping[str, str] | None = None,
    scale: str | None = None,
    slot: int | None = None,
) -> Column:
    heading = question.code + suffix
    vv = question.code + vv if vv else heading
    return Column(
        heading=heading,
        vv_heading=vv.replace("][", "_").replace("[", "_").replace("]", ""),
        question=question.code,
        kind=question.kind,
        role=role,
        variable=variable or question.variable,
        item=item,
        values=MappingProxyType(dict(values or {})),
        scale=scale,
        slot=slot,
        personal=question.personal,
        comparability=question.comparability,
        label_fr=question.label.fr,
        label_en=question.label.en,
    )
