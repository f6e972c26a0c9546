"""The report's charts. Belongs here: drawing given figures as inline SVG. Does not: choosing or wording
them."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Sequence
from typing import Any, Literal
from xml.etree import ElementTree

import altair as alt
import vl_convert

from orchestration.publication.report.figures import State
from orchestration.publication.report.marks import Bar, Chart, Mark

_ORIGIN = re.compile(r"translate\(([\d.]+),")
_SVG = "http://www.w3.org/2000/svg"
_INK, _MUTED, _GRID = "#1c2733", "#55616d", "#dfe3e8"
# Told apart by lightness and shape too, so that colour alone carries nothing.
COLOURS = ("#0b6b78", "#c2570c", "#46307a")
_SHAPES = ("circle", "diamond", "square")
_LABELS, _PLOT, _RIGHT, _WRAP, _LINE = 176, 225, 14, 26, 13
_NUMBER = 3
# The renderer carries this font with it, so text has the same widths on every machine, those of Arial.
_FONT = "Liberation Sans"
_LOCALES: dict[str, Literal["fr-FR", "en-GB"]] = {"fr": "fr-FR", "en": "en-GB"}
_CONFIG: dict[str, Any] = {
    "aria": False,
    "background": "#ffffff00",
    "font": _FONT,
    "view": {"stroke": None},
    "axis": {
        "labelColor": _INK,
        "labelFontSize": 12.5,
        "gridColor": _GRID,
        "domain": False,
        "ticks": False,
        "labelPadding": 6,
    },
    "legend": {
        "orient": "top",
        "labelFontSize": 12.5,
        "labelColor": _INK,
        "symbolSize": 80,
        "offset": 6,
        "padding": 0,
    },
}


def interval_chart(marks: Sequence[Mark], *, name: str, title: str, description: str, language: str) -> Chart:
    """Points with their 95 % intervals, a row a label and a shape a series; fragile points are hollow.

    A blank figure is written as its word at the left of its row, so that it cannot be taken for a zero.
    """
    series = list(dict.fromkeys(mark.series for mark in marks))
    rows = _Rows((mark.group, mark.label) for mark in marks)
    values = [
        {
            "row": rows.id_of(mark.group, mark.label),
            "series": mark.series,
            "value": mark.figure.value,
            "low": mark.figure.low,
            "high": mark.figure.high,
            "fragile": 1 if mark.figure.state is State.FRAGILE else 0,
            "blank": mark.blank if mark.figure.value is None else "",
        }
        for mark in marks
    ]
    ends = [end for mark in marks for end in (mark.figure.value, mark.figure.high) if end is not None]
    top = _top(ends)
    x = alt.X("value:Q", title=None, scale=alt.Scale(domain=[0, top], nice=False), axis=_share_axis(top))
    base = alt.Chart().encode(y=rows.channel())
    if len(series) > 1:
        base = base.encode(yOffset=alt.YOffset("series:N", sort=series, scale=alt.Scale(paddingOuter=0.35)))
    legend = alt.Legend(title=None) if len(series) > 1 else None
    colours = alt.Scale(domain=series, range=list(COLOURS[: len(series)]))
    shapes = alt.Scale(domain=series, range=list(_SHAPES[: len(series)]))
    colour = alt.Color("series:N", sort=series, scale=colours, legend=legend)
    rules = base.mark_rule(strokeWidth=2).encode(x=alt.X("low:Q"), x2=alt.X2("high:Q"), color=colour)
    points = base.mark_point(size=62, strokeWidth=2, opacity=1).encode(
        x=x,
        color=colour,
        shape=alt.Shape("series:N", sort=series, scale=shapes, legend=legend),
        fill=alt.Fill("series:N", sort=series, scale=colours, legend=legend),
    )
    hollow = base.mark_point(size=20, filled=True, fill="#ffffff").encode(
        x=alt.X("value:Q"), opacity=alt.Opacity("fragile:Q", scale=None, legend=None)
    )
    words = base.mark_text(align="left", dx=3, fontStyle="italic", fontSize=11.5, color=_MUTED).encode(
        x=_at(0), text=alt.Text("blank:N")
    )
    step = 14 * len(series) + 8 if len(series) > 1 else 28
    layers = (rules, points, hollow, words)
    return _draw(
        layers, rows, values, step, name=name, title=title, description=description, language=language
    )


def bar_chart(
    bars: Sequence[Bar], *, name: str, title: str, description: str, language: str, percent: bool = False
) -> Chart:
    """Horizontal bars, stacked by series, the row's number written at its end."""
    series = list(dict.fromkeys(bar.series for bar in bars))
    rows = _Rows((bar.group, bar.label) for bar in bars)
    totals: dict[str, float] = {}
    for bar in bars:
        row = rows.id_of(bar.group, bar.label)
        totals[row] = totals.get(row, 0) + bar.value
    values = [
        {
            "row": (row := rows.id_of(bar.group, bar.label)),
            "series": bar.series,
            "value": bar.value,
            "order": series.index(bar.series),
            # One number a row, on its last bar: the total's place.
            "text": bar.text if bar.series == series[-1] else "",
            "end": totals[row],
        }
        for bar in bars
    ]
    top = max(totals.values(), default=0) or 1
    x = alt.X(
        "value:Q",
        title=None,
        stack="zero",
        scale=alt.Scale(domain=[0, top * 1.25], nice=False),
        axis=_share_axis(top) if percent else _axis("d", tickCount=4),
    )
    colour = alt.Color(
        "series:N",
        sort=series,
        scale=alt.Scale(domain=series, range=list(COLOURS[: len(series)])),
        legend=alt.Legend(title=None, symbolType="square") if len(series) > 1 else None,
    )
    base = alt.Chart().encode(y=rows.channel())
    drawn = base.mark_bar(height=13, stroke="#ffffff", strokeWidth=1).encode(
        x=x, color=colour, order=alt.Order("order:O")
    )
    words = base.mark_text(align="left", dx=5, fontSize=12, color=_INK).encode(
        x=alt.X("end:Q"), text=alt.Text("text:N")
    )
    layers = (drawn, words)
    return _draw(layers, rows, values, 28, name=name, title=title, description=description, language=language)


class _Rows:
    """The rows of a chart, in order: a heading for each group, then its labels."""

    def __init__(self, labels: Iterable[tuple[str, str]]) -> None:
        ordered = list(dict.fromkeys(labels))
        self.headings: dict[str, str] = {}
        self._ids: dict[tuple[str, str], str] = {}
        for group in dict.fromkeys(group for group, _ in ordered):
            if group:
                self.headings[self._new_id("")] = group
            for label in (label for own, label in ordered if own == group):
                self._ids[group, label] = self._new_id(_wrap(label))

    def _new_id(self, label: str) -> str:
        """Two rows may have one label, so a row is known by its number and label together."""
        return f"{len(self._ids) + len(self.headings):0{_NUMBER}d}{label}"

    def id_of(self, group: str, label: str) -> str:
        """What stands in the data for a row."""
        return self._ids[group, label]

    def channel(self) -> alt.Y:
        """The vertical axis; its labels are drawn by ``layers``."""
        ids = sorted([*self._ids.values(), *self.headings])
        axis = alt.Axis(labels=False, grid=False)
        return alt.Y("row:N", sort=ids, scale=alt.Scale(domain=ids), title=None, axis=axis)

    def layers(self) -> list[alt.Chart]:
        """Headings at the left edge, labels at the axis: Vega hangs two lines below their row."""
        base = alt.Chart().encode(y=self.channel())
        heading = base.mark_text(align="left", fontSize=12.5, fontWeight=600, color=_MUTED)
        one = base.mark_text(align="right", fontSize=12.5, color=_INK)
        two = base.mark_text(
            align="right", fontSize=12.5, color=_INK, lineBreak="\n", lineHeight=_LINE, dy=-_LINE / 2
        )
        edge, axis = _at(-_LABELS), _at(-7)
        return [
            heading.encode(x=edge, text=alt.Text("heading:N")),
            one.encode(x=axis, text=alt.Text("one:N")),
            two.encode(x=axis, text=alt.Text("two:N")),
        ]

    def data(self) -> list[dict[str, str]]:
        """What those layers draw."""
        rows = [
            {"row": row, "heading": heading, "one": "", "two": ""} for row, heading in self.headings.items()
        ]
        for row in self._ids.values():
            label = row[_NUMBER:]
            one, two = ("", label) if "\n" in label else (label, "")
            rows.append({"row": row, "heading": "", "one": one, "two": two})
        return rows


def _draw(
    layers: Sequence[alt.Chart],
    rows: _Rows,
    values: list[dict[str, Any]],
    step: int,
    *,
    name: str,
    title: str,
    description: str,
    language: str,
) -> Chart:
    own = rows.layers()
    drawn = alt.layer(*own, *layers).to_dict(validate=False, context={"top_level": False})["layer"]
    # The data is put in at the end: Altair copies it at every step, which took longer than the drawing.
    labels = {"values": rows.data()}
    spec = {
        "$schema": alt.SCHEMA_URL,
        "config": _CONFIG,
        "padding": 2,
        "data": {"values": values},
        "width": _PLOT,
        "height": {"step": step, "for": "position"},
        "layer": [
            {**layer, "data": labels} if place < len(own) else {k: v for k, v in layer.items() if k != "data"}
            for place, layer in enumerate(drawn)
        ],
    }
    svg = vl_convert.vegalite_to_svg(spec, format_locale=_LOCALES[language])
    return Chart(_inline(svg, name, title, description), title, description)


def _at(pixels: float) -> alt.XValue:
    """A place in pixels from the axis, whatever the scale."""
    return alt.XValue(pixels)  # type: ignore[no-untyped-call]


def _axis(form: str, **ticks: Any) -> alt.Axis:
    return alt.Axis(
        format=form, orient="top", labelColor=_MUTED, labelFontSize=11.5, labelOverlap=False, **ticks
    )


def _share_axis(top: float) -> alt.Axis:
    """Ticks far enough from each other to be read at a phone's width."""
    step = next(step for step in (0.01, 0.02, 0.05, 0.1, 0.2, 0.25) if top / step <= 5 or step == 0.25)
    return _axis(".0%", values=[round(step * tick, 2) for tick in range(int(top / step + 1e-9) + 1)])


def _wrap(label: str) -> str:
    """At most two lines: more would run into the next row."""
    lines = textwrap.wrap(label, _WRAP, break_long_words=False) or [""]
    return "\n".join(lines[:2]) + ("…" if len(lines) > 2 else "")


def _top(ends: list[float]) -> float:
    """The end of a share axis: the next tenth above the highest interval, at most 1."""
    highest = max(ends, default=0.0)
    return min(1.0, (int(highest * 10) + 1) / 10)


def _inline(svg: str, name: str, title: str, description: str) -> str:
    """An inline SVG: it scales with its column, and carries title and description for screen readers."""
    ElementTree.register_namespace("", _SVG)
    root = ElementTree.fromstring(svg)
    for attribute in ("width", "height", "version"):
        root.attrib.pop(attribute, None)
    for element in root.iter():
        # Within a picture that has a name, Vega's own roles and names would be read out as so many pictures.
        for attribute in [
            name for name in element.attrib if name in ("role", "class") or name.startswith("aria-")
        ]:
            del element.attrib[attribute]
    # The same left and right edges for all charts, whatever their labels: so they line up and scale alike.
    plot = root.find(f"{{{_SVG}}}g")
    origin = _ORIGIN.match(plot.get("transform", "") if plot is not None else "")
    if origin is None:
        raise ValueError("Vega has drawn an SVG of another shape than the report expects")
    _, top, _, height = root.get("viewBox", "").split()
    box = f"{float(origin[1]) - _LABELS - 2:g} {top} {_LABELS + 2 + _PLOT + _RIGHT} {height}"
    root.attrib |= {
        "viewBox": box,
        "role": "img",
        "aria-labelledby": f"{name}-title {name}-desc",
        "class": "chart",
    }
    for position, (tag, text) in enumerate((("title", title), ("desc", description))):
        element = ElementTree.Element(f"{{{_SVG}}}{tag}", {"id": f"{name}-{tag}"})
        element.text = text
        root.insert(position, element)
    return ElementTree.tostring(root, encoding="unicode")
