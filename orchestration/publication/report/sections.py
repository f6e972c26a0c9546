"""The report's parts. Belongs here: which figures stand in which section. Does not: their values, looks or
words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from orchestration.publication.plane import shapes
from orchestration.publication.report.charts import bar_chart, interval_chart
from orchestration.publication.report.figures import MISSING, Figure, State
from orchestration.publication.report.maps import choropleth
from orchestration.publication.report.marks import Bar, Chart, Mark
from orchestration.publication.report.tables import Label, Offers, Tables, ordered_families
from orchestration.publication.report.views import (
    Cell,
    Exhibit,
    Row,
    RowGroup,
    Section,
    Table,
    describe_intervals,
    mark,
    number_cell,
    points_cell,
    ratio_cell,
    share_cell,
)
from orchestration.publication.report.words import Words

BREAKDOWNS = ("size_class", "sector", "region")
# Marks in a chart that fits on a page at a size that can be read.
_LONG = 48


def participation(tables: Tables, words: Words) -> Section:
    """Companies invited and answering, by headcount and region."""
    edition, language = tables.main.code, words.language
    found = {
        kind: [
            (label.text[language], cell)
            for label in tables.domains.get(kind, ())
            if (cell := tables.participation.get((edition, kind, label.code)))
        ]
        for kind in BREAKDOWNS
    }
    bars = [
        Bar(label, "", cell.rate.value or 0, share_cell(words, cell.rate).text, words(kind))
        for kind, cells in found.items()
        for label, cell in cells
    ]
    shown = [
        (cell.rate.value, label)
        for cells in found.values()
        for label, cell in cells
        if cell.rate.value is not None
    ]
    if not bars or not shown:
        return _empty("participation", words)
    (low, low_label), (high, high_label) = min(shown), max(shown)
    title = words("participation.chart")
    chart = bar_chart(
        bars,
        name="chart-participation",
        title=title,
        description=words(
            "participation.desc",
            low=words.percent(low),
            low_label=low_label,
            high=words.percent(high),
            high_label=high_label,
        ),
        language=language,
        percent=True,
    )
    groups = tuple(
        RowGroup(
            words(kind),
            tuple(
                Row(
                    label,
                    (
                        # A blank rate with its counts beside it would not be blank.
                        *(
                            number_cell(words, count)
                            if cell.rate.value is not None
                            else share_cell(words, cell.rate)
                            for count in (cell.invited, cell.responded)
                        ),
                        share_cell(words, cell.rate),
                    ),
                )
                for label, cell in cells
            ),
        )
        for kind, cells in found.items()
    )
    columns = ("", *(words(f"participation.{name}") for name in ("invited", "responded", "rate")))
    exhibits = [Exhibit(chart, Table(title, columns, groups))]
    if weighted := _weighted(tables, words):
        exhibits.append(Exhibit(table=weighted))
    return Section("participation", words("participation"), (words("participation.text"),), tuple(exhibits))


def _weighted(tables: Tables, words: Words) -> Table | None:
    """Each headcount class among the answers and among the companies they stand for; None without weights."""
    labels = tables.domains.get("size_class", ())
    bases = [
        tables.areas.bases.get((tables.main.code, "size_class", label.code), (None, None)) for label in labels
    ]
    if not bases or any(number is None for base in bases for number in base):
        return None
    totals = [sum(base[place] or 0 for base in bases) for place in (0, 1)]
    rows = tuple(
        Row(
            label.text[words.language],
            tuple(
                Cell(words.percent((number or 0) / total), kind="number")
                for number, total in zip(base, totals, strict=True)
            ),
        )
        for label, base in zip(labels, bases, strict=True)
    )
    columns = (words("size_class"), words("participation.unweighted"), words("participation.weighted"))
    return Table(words("participation.weights"), columns, (RowGroup("", rows),))


def innovation(tables: Tables, words: Words) -> Section:
    """The share of innovating companies, by headcount and region."""
    series = [("innovation_rate", words("innovation.column"))]
    return _rates("innovation", tables, words, series, BREAKDOWNS)


def export(tables: Tables, words: Words) -> Section:
    """Export among innovators and the others: the contrast, then by headcount and region."""
    series = [
        ("export_rate_among_innovators", words("export.innovators")),
        ("export_rate_among_non_innovators", words("export.others")),
    ]
    section = _rates("export", tables, words, series, ("all", *BREAKDOWNS))
    chart, *maps = section.exhibits or (None,)
    found = (*((chart,) if chart else ()), *_contrast(tables, words), *maps)
    return replace(section, exhibits=found, paragraphs=(*section.paragraphs, *_hidden(tables, words)))


def _hidden(tables: Tables, words: Words) -> Iterator[str]:
    """Why so many cells of this section are blank, counted; nothing where none is."""
    figures = [
        tables.rate(tables.main.code, indicator, kind, label.code)
        for kind in BREAKDOWNS
        for label in tables.domains.get(kind, ())
        for indicator in ("export_rate_among_innovators", "export_rate_among_non_innovators")
    ]
    secret, few = (sum(figure.state is state for figure in figures) for state in (State.SECRET, State.FEW))
    if secret + few:
        yield words(
            "export.hidden", blank=words.number(secret + few), all=words.number(len(figures)),
            secret=words.number(secret), few=words.number(few),
        )  # fmt: skip


def _contrast(tables: Tables, words: Words) -> Iterator[Exhibit]:
    """Difference, ratio and odds ratio of the two export rates, beside what was quoted before there were figures."""
    found = {
        (each.statistic, each.is_quoted): each.figure for each in tables.contrasts.get(tables.main.code, ())
    }
    if not found:
        return
    quoted = words("export.quoted.sign")
    rows = tuple(
        Row(
            words(f"export.{statistic}"),
            tuple(
                show(words, found.get((statistic, is_quoted), MISSING), quoted if is_quoted else "")
                for is_quoted in (False, True)
            ),
        )
        for statistic, show in (
            ("difference", points_cell),
            ("ratio", ratio_cell),
            ("odds_ratio", ratio_cell),
        )
    )
    columns = ("", words("export.estimated"), words("export.quoted"))
    yield Exhibit(table=Table(words("export.contrast"), columns, (RowGroup("", rows),)))


def _rates(
    name: str, tables: Tables, words: Words, series: Sequence[tuple[str, str]], kinds: Sequence[str]
) -> Section:
    edition, language = tables.main.code, words.language

    def figure(indicator: str, kind: str, label: Label) -> Figure:
        return tables.rate(edition, indicator, kind, label.code)

    found = {
        kind: [
            label
            for label in tables.domains.get(kind, ())
            if any(figure(indicator, kind, label) is not MISSING for indicator, _ in series)
        ]
        for kind in kinds
    }
    marks = [
        mark(words, label.text[language], series_name, figure(indicator, kind, label), _group(words, kind))
        for kind, labels in found.items()
        for label in labels
        for indicator, series_name in series
    ]
    if not marks:
        return _empty(name, words)
    groups = tuple(
        RowGroup(
            _group(words, kind),
            tuple(
                Row(
                    label.text[language],
                    tuple(share_cell(words, figure(indicator, kind, label)) for indicator, _ in series),
                )
                for label in labels
            ),
        )
        for kind, labels in found.items()
        if labels
    )
    title = words(f"{name}.chart")
    exhibit = Exhibit(
        _intervals(words, name, title, _drawn(marks)),
        Table(title, ("", *(label for _, label in series)), groups),
    )
    return Section(name, words(name), (words(f"{name}.text"),), (exhibit, *_region_map(name, tables, words)))


def _drawn(marks: Sequence[Mark]) -> Sequence[Mark]:
    """The rows of a long chart of which anything is known: the table says of the others why they are blank."""
    if len(marks) <= _LONG:
        return marks
    known = {(each.group, each.label) for each in marks if each.figure.value is not None}
    return [each for each in marks if (each.group, each.label) in known]


def _region_map(name: str, tables: Tables, words: Words) -> Iterator[Exhibit]:
    """The régions by innovation or export rate, each blank one with the pattern of its reason."""
    indicator = f"{name}_rate"
    figures = {
        label.code: tables.rate(tables.main.code, indicator, "region", label.code)
        for label in tables.domains.get("region", ())
        if label.code in shapes("regions")
    }
    if all(figure.value is None for figure in figures.values()):
        return
    names = {label.code: label.text[words.language] for label in tables.domains["region"]}
    title = words(f"{name}.map")
    marks = [mark(words, names[code], "", figure) for code, figure in figures.items()]
    chart = choropleth(
        figures,
        "regions",
        words,
        name=f"map-{name}",
        title=title,
        description=describe_intervals(words, marks),
        with_values=True,
    )
    rows = tuple(Row(names[code], (share_cell(words, figure),)) for code, figure in figures.items())
    yield Exhibit(chart, Table(title, (words("region"), words(f"{name}.rate")), (RowGroup("", rows),)))


def needs(tables: Tables, words: Words) -> Section:
    """Competences needed and hard to recruit: by family, then one by one."""
    edition, language = tables.main.code, words.language
    families = ordered_families(tables.competences)
    by_family = [(f.text[language], tables.need(edition, "family_need_share", f.code)) for f in families]
    pairs = [
        (
            competence,
            tables.need(edition, "need_share", competence.code),
            tables.need(edition, "hard_to_recruit_share", competence.code),
        )
        for competence in tables.competences
    ]
    pairs = [pair for pair in pairs if pair[1] is not MISSING or pair[2] is not MISSING]
    if not pairs:
        return _empty("needs", words)
    needed, hard = words("needs.needed"), words("needs.hard")
    family_marks = [
        mark(words, label, needed, figure) for label, figure in by_family if figure is not MISSING
    ]
    marks = [
        mark(words, competence.text[language], series, figure, competence.family.text[language])
        for competence, need, difficulty in pairs
        for series, figure in ((needed, need), (hard, difficulty))
        # A competence that was not asked about has a word in the table; in the chart it would only be noise.
        if figure is not MISSING
    ]
    title = words("needs.chart")
    table = Table(
        title,
        (words("needs.competence"), needed, hard),
        tuple(
            RowGroup(
                family.text[language],
                tuple(
                    Row(competence.text[language], (share_cell(words, need), share_cell(words, difficulty)))
                    for competence, need, difficulty in pairs
                    if competence.family == family
                ),
            )
            for family in families
            if any(competence.family == family for competence, _, _ in pairs)
        ),
    )
    exhibits = [Exhibit(_intervals(words, "needs", title, marks), table)]
    if family_marks:
        family_title = words("needs.families")
        rows = tuple(Row(item.label, (share_cell(words, item.figure),)) for item in family_marks)
        family_table = Table(family_title, (words("needs.family"), needed), (RowGroup("", rows),))
        exhibits.insert(0, Exhibit(_intervals(words, "families", family_title, family_marks), family_table))
    return Section("needs", words("needs"), (words("needs.text"),), tuple(exhibits))


def training(tables: Tables, words: Words) -> Section:
    """Training offers by competence beside the need for it."""
    language, edition = words.language, tables.main.code
    if not tables.offers:
        return _empty("training", words)
    counted = [(c, tables.offers.get(c.code, Offers(0, 0))) for c in tables.competences]
    bars = [
        Bar(c.text[language], series, value, words.number(offer.offers), c.family.text[language])
        for c, offer in counted
        # What nobody teaches is in the table: as so many empty rows it would hide the rest.
        if offer.offers
        for series, value in (
            (words("training.labelled"), offer.labelled),
            (words("training.other"), offer.offers - offer.labelled),
        )
    ]
    most, offer = max(counted, key=lambda pair: pair[1].offers)
    title = words("training.chart")
    chart = bar_chart(
        bars,
        name="chart-training",
        title=title,
        description=words("training.desc", high=words.number(offer.offers), high_label=most.text[language]),
        language=language,
    )
    columns = (
        words("needs.competence"),
        words("training.offers"),
        words("training.labelled"),
        words("training.needed"),
    )
    groups = tuple(
        RowGroup(
            family.text[language],
            tuple(
                Row(
                    c.text[language],
                    (
                        number_cell(words, offer.offers),
                        number_cell(words, offer.labelled),
                        share_cell(words, tables.need(edition, "need_share", c.code)),
                    ),
                )
                for c, offer in counted
                if c.family == family
            ),
        )
        for family in ordered_families(tables.competences)
    )
    return Section(
        "training",
        words("training"),
        (words("training.text"),),
        (Exhibit(chart, Table(title, columns, groups)),),
    )


def _intervals(words: Words, name: str, title: str, marks: Sequence[Mark]) -> Chart:
    return interval_chart(
        marks,
        name=f"chart-{name}",
        title=title,
        description=describe_intervals(words, marks),
        language=words.language,
    )


def _empty(name: str, words: Words) -> Section:
    return Section(name, words(name), (words("no_figures"),))


def _group(words: Words, kind: str) -> str:
    return "" if kind == "all" else words(kind)
