// One figure through the editions. Belongs here: the small chart of the detail. Does not: the changes of a whole view
// (ranking.js).
"use strict";
{
  const { svg } = Explorer;
  const HEIGHT = 190, TOP = 26, BOTTOM = 160, LEFT = 54;

  // Items [{edition, cell}] in the order of their years; a broken comparison is drawn apart and marked.
  Explorer.drawTime = (items, { width, format, title }) => {
    const { t } = Explorer;
    const description = items.map(({ edition, cell }) => `${edition.year}: ` + (Explorer.isBlank(cell)
      ? t(`state.${cell.name}`) : format.value(cell.value))).join("; ");
    const root = Explorer.drawing(width, HEIGHT, title, description);
    const shown = items.filter(({ cell }) => !Explorer.isBlank(cell));
    const ends = shown.flatMap(({ cell }) => [cell.value, cell.low ?? cell.value, cell.high ?? cell.value]);
    const ticks = Explorer.steps(Math.min(0, ...ends), Math.max(0, ...ends), 4);
    const y = value => BOTTOM - (value - ticks[0]) / (ticks.at(-1) - ticks[0] || 1) * (BOTTOM - TOP);
    const x = i => LEFT + (i + 0.5) * (width - LEFT - 10) / items.length;
    if (shown.length) {
      for (const tick of ticks) {
        root.append(svg("line", { x1: LEFT, x2: width - 10, y1: y(tick), y2: y(tick), class: "grid" }),
          svg("text", { x: LEFT - 8, y: y(tick) + 4, class: "small end" }, format.bare(tick)));
      }
    }
    items.forEach(({ edition, cell }, i) => {
      const broken = cell.comparability === "broken";
      root.append(svg("text", { x: x(i), y: BOTTOM + 22, class: "middle" }, `${edition.year}${broken ? " ≠" : ""}`));
      if (Explorer.isBlank(cell)) {
        root.append(
          svg("rect", { x: x(i) - 17, y: (TOP + BOTTOM) / 2 - 8, width: 34, height: 16, fill: root.fillOf(cell.name), stroke: "#5c6873" }),
          svg("text", { x: x(i), y: (TOP + BOTTOM) / 2 + 26, class: "small middle" }, t(`state.${cell.name}`)));
        return;
      }
      if (cell.low !== null) root.append(svg("line", { x1: x(i), x2: x(i), y1: y(cell.low), y2: y(cell.high), class: "interval" }));
      root.append(
        svg("circle", { cx: x(i), cy: y(cell.value), r: 5, class: cell.name === "fragile" ? "dot hollow" : "dot" }),
        svg("text", { x: x(i) + 12, y: y(cell.value) + 4.5, class: "strong" }, format.value(cell.value)));
    });
    return root;
  };
}
