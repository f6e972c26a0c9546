"""The report's maps. Belongs here: drawing given figures over real contours as inline SVG. Does not: choosing or
wording them, or the contours (publication/plane.py)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import hypot, sqrt
from xml.sax.saxutils import escape, quoteattr

from orchestration.publication.plane import HEIGHT, WIDTH, is_overseas, shapes, silhouette
from orchestration.publication.report.figures import MISSING, Figure, State
from orchestration.publication.report.marks import Chart
from orchestration.publication.report.words import Words

# Light to dark in one hue, so that the order survives in grey.
_SHADES = ("#dcebec", "#a3cdd1", "#5fa5ad", "#237683", "#0a4a55")
_INK, _LINE, _PAPER, _DOT = "#1c2733", "#7d8893", "#ffffff", "#c2570c"
_FONT = 35
# A legend's rows below the map, and how wide a letter is at most on average.
_LEGEND_STEP, _LETTER = 48, 18
# Each blank state has a pattern of its own, so that none depends on a colour and none looks like a low value.
_PATTERNS = {
    State.SECRET: '<rect width="11" height="11" fill="#fff"/><path d="M0 11L11 0M-3 3L3 -3M8 14L14 8" '
    f'stroke="{_INK}" stroke-width="2.6"/>',
    State.FEW: f'<rect width="11" height="11" fill="#fff"/><circle cx="5.5" cy="5.5" r="2.1" fill="{_INK}"/>',
    State.MISSING: '<rect width="11" height="11" fill="#fff"/>',
    State.NONE: f'<rect width="11" height="11" fill="#fff"/><path d="M0 5.5H11" stroke="{_LINE}" stroke-width="1.5"/>',
}
_ZERO = (
    '<rect width="22" height="22" fill="#fff"/>'
    f'<circle cx="11" cy="11" r="6" fill="none" stroke="{_INK}" stroke-width="2"/>'
)
# Of the ground of a territory's page, in km: less than a point on paper.
_COARSE = 8


@dataclass(frozen=True)
class Dot:
    """A circle on a map: its middle in the map's kilometres, and what its area stands for."""

    x: int
    y: int
    value: float


def choropleth(
    figures: Mapping[str, Figure],
    layer: str,
    words: Words,
    *,
    name: str,
    title: str,
    description: str,
    with_values: bool = False,
) -> Chart:
    """Areas shaded by their share, and patterned where there is none to show; the legend stands below."""
    drawn = shapes(layer)
    shown = [figure.value for figure in figures.values() if figure.value]
    step = next((step for step in (0.02, 0.05, 0.1, 0.2) if _span(shown, step) <= len(_SHADES)), 0.2)
    first = int(min(shown, default=0) / step + 1e-9)
    fills: dict[str, str] = {}
    for code in drawn:
        fills[code] = _fill(figures.get(code, MISSING), step, first, name)
    bands = [
        (
            _SHADES[place],
            words.span(words.number(100 * (first + place) * step), words.percent((first + place + 1) * step)),
        )
        for place in range(_span(shown, step))
    ]
    blanks = [
        (f"url(#{name}-{state})", words(f"map.{state}"))
        for state in _PATTERNS
        if f"url(#{name}-{state})" in fills.values()
    ]
    zero = [(f"url(#{name}-zero)", words("map.zero"))] if f"url(#{name}-zero)" in fills.values() else []
    areas = "".join(f'<path d="{drawn[code].d}" fill="{fill}"/>' for code, fill in sorted(fills.items()))
    base = "" if layer == "regions" else _outline("regions", "#f1f3f4", _LINE, 1.5)
    labels = "".join(
        _text(shape.x, shape.y + 9, words.percent(figure.value), "middle")
        for code, shape in drawn.items()
        for figure in (figures.get(code, MISSING),)
        if with_values and figure.value is not None
    )
    body = f'{base}<g stroke="{_PAPER if layer == "territories" else _LINE}" stroke-width="1.6">{areas}</g>{labels}'
    legend, height = _legend([*bands, *zero, *blanks])
    return _chart(body + legend, name, title, description, height)


def dots(points: Sequence[Dot], words: Words, *, name: str, title: str, description: str) -> Chart:
    """Circles whose area follows their value, over the régions; an uncounted one is a small open ring."""
    top = max((dot.value for dot in points), default=1) or 1

    def radius(value: float) -> float:
        return max(7.0, 30 * sqrt(value / top))

    circles = "".join(
        f'<circle cx="{dot.x}" cy="{dot.y}" r="{radius(dot.value):.1f}" fill="{_DOT if dot.value else "none"}" '
        f'fill-opacity=".72" stroke="{_INK}" stroke-width="2"/>'
        for dot in sorted(points, key=lambda dot: (-dot.value, dot.x, dot.y))
    )
    sizes = sorted({round(top), max(1, round(top / 4))}, reverse=True)
    keys = "".join(
        f'<circle cx="40" cy="{40 + 72 * place}" r="{radius(size):.1f}" fill="{_DOT}" fill-opacity=".72" '
        f'stroke="{_INK}" stroke-width="2"/>' + _text(86, 49 + 72 * place, words.count("people", size))
        for place, size in enumerate(sizes)
    )
    body = _outline("departements", "#f1f3f4", "#cfd5da", 1) + _outline("regions", "none", _LINE, 2)
    return _chart(body + circles + keys, name, title, description, HEIGHT)


def place_of(territory: str | None, commune: str | None) -> tuple[int, int] | None:
    """Where a place is drawn: the middle of its territory, else of its département or overseas tile."""
    departement = (commune or "")[:3] if (commune or "").startswith("97") else (commune or "")[:2]
    shape = shapes("territories").get(territory or "") or shapes("departements").get(departement)
    return (shape.x, shape.y) if shape else None


def neighbours(territory: str, number: int = 3) -> list[tuple[str, int]]:
    """The nearest territories by their middles, with the distance in kilometres; overseas, those of the same tile.

    Within a tile the scale is its own, so the distance there is 0: it is not told.
    """
    places = shapes("territories")
    if territory not in places:
        return []
    own, here = places[territory], territory[3:5]
    others = [
        (hypot(shape.x - own.x, shape.y - own.y), code)
        for code, shape in places.items()
        if code != territory and (code[3:5] == here if is_overseas(here) else not is_overseas(code[3:5]))
    ]
    return [(code, 0 if is_overseas(here) else round(distance)) for distance, code in sorted(others)[:number]]


def base_map() -> str:
    """The régions, as the ground on which the page of a territory shows where it lies."""
    return f'<path d="{silhouette(_COARSE)}" fill="#e4e8eb" stroke="{_PAPER}" stroke-width="5"/>'


def _span(shown: Sequence[float], step: float) -> int:
    """How many bands of that step hold these shares."""
    if not shown:
        return 0
    # The last band takes its upper end too: a share of 1 opens none of its own.
    return int(min(max(shown), 0.999) / step + 1e-9) - int(min(*shown, 0.999) / step + 1e-9) + 1


def _fill(figure: Figure, step: float, first: int, name: str) -> str:
    if figure.value is None:
        return f"url(#{name}-{figure.state})"
    if figure.value == 0:
        return f"url(#{name}-zero)"
    return _SHADES[min(int(figure.value / step + 1e-9) - first, len(_SHADES) - 1)]


def _outline(layer: str, fill: str, stroke: str, width: float) -> str:
    path = "".join(shape.d for shape in shapes(layer).values())
    return f'<path d="{path}" fill="{fill}" stroke="{stroke}" stroke-width="{width}"/>'


def _text(x: float, y: float, text: str, anchor: str = "start") -> str:
    """A text with a white rim, to be read on any ground; not by `paint-order`, which PDF renderers do not know."""
    place = f'x="{x}" y="{y}" text-anchor="{anchor}" font-family="Liberation Sans" font-size="{_FONT}"'
    rim = f'class="rim" fill="{_PAPER}" stroke="{_PAPER}" stroke-width="7" stroke-linejoin="round"'
    said = escape(text)
    return f'<text {place} {rim}>{said}</text><text {place} fill="{_INK}">{said}</text>'


def _legend(entries: Sequence[tuple[str, str]]) -> tuple[str, int]:
    """Swatches with their labels in rows below the map, and where they end."""
    drawn, x, y = "", 4, HEIGHT + 12
    for fill, label in entries:
        width = 56 + _LETTER * len(label)
        if x + width > WIDTH and x > 4:
            x, y = 4, y + _LEGEND_STEP
        drawn += f'<rect x="{x}" y="{y}" width="40" height="27" fill="{fill}" stroke="{_LINE}" stroke-width="1.5"/>'
        drawn += _text(x + 52, y + 24, label)
        x += width + 24
    return drawn, y + _LEGEND_STEP


def _chart(body: str, name: str, title: str, description: str, height: int) -> Chart:
    patterns = "".join(
        f'<pattern id="{name}-{state}" width="11" height="11" patternUnits="userSpaceOnUse">{drawing}</pattern>'
        for state, drawing in _PATTERNS.items()
        if f"url(#{name}-{state})" in body
    )
    if f"url(#{name}-zero)" in body:
        patterns += f'<pattern id="{name}-zero" width="22" height="22" patternUnits="userSpaceOnUse">{_ZERO}</pattern>'
    box = f"0 0 {WIDTH} {height}"
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" role="img" class="chart map" '
        f"aria-labelledby={quoteattr(f'{name}-title {name}-desc')}>"
        f'<title id="{name}-title">{escape(title)}</title><desc id="{name}-desc">{escape(description)}</desc>'
        f"<defs>{patterns}</defs>{body}</svg>"
    )
    return Chart(svg, title, description)
