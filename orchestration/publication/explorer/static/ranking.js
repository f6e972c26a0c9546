// Values with their intervals, line by line. Belongs here: the ranking, and the changes, which are lines of the same
// kind. Does not: which lines there are.
"use strict";
{
  const { svg } = Explorer;
  const NARROW = 520, TOP = 30;

  // Lines [{code, label, cell, text, hollow}] on one axis; `zero` draws the upright line of no change.
  const lines = (root, items, { width, format, reference, zero, chosen }) => {
    const narrow = width < NARROW;
    const height = narrow ? 44 : 27;
    const textWidth = 12 + Math.max(70, ...items.map(item => Explorer.textWidth(item.text)));
    const labelWidth = narrow ? 0 : Math.min(270, Math.max(110, width * 0.34));
    const left = labelWidth + 14, right = width - textWidth - 8;
    const drawn = items.filter(item => !Explorer.isBlank(item.cell));
    const ends = drawn.flatMap(({ cell }) => [cell.value, cell.low ?? cell.value, cell.high ?? cell.value]);
    if (reference !== null) ends.push(reference);
    const ticks = Explorer.steps(Math.min(0, ...ends), Math.max(0, ...ends), narrow ? 4 : 6);
    const [first, last] = [ticks[0], ticks.at(-1)];
    const x = value => left + (value - first) / (last - first || 1) * (right - left);
    const bottom = TOP + items.length * height + 4;
    if (drawn.length) {
      for (const tick of ticks) {
        root.append(
          svg("line", { x1: x(tick), x2: x(tick), y1: TOP - 6, y2: bottom, class: zero && tick === 0 ? "zero" : "grid" }),
          svg("text", { x: x(tick), y: TOP - 12, class: "small middle" }, format.bare(tick)));
      }
      if (reference !== null) {
        root.append(svg("line", { x1: x(reference), x2: x(reference), y1: TOP - 6, y2: bottom, class: "reference" }));
      }
    }
    items.forEach(({ code, label, cell, text, hollow }, i) => {
      const top = TOP + i * height, middle = top + (narrow ? 31 : height / 2);
      if (code === chosen) root.append(svg("rect", { x: 0, y: top, width, height, class: "band" }));
      root.append(svg("text", narrow ? { x: 2, y: top + 14 } : { x: labelWidth, y: middle + 4.5, class: "end" },
        Explorer.cut(label, narrow ? width - 8 : labelWidth - 4)));
      if (Explorer.isBlank(cell)) {
        root.append(svg("rect", { x: left, y: middle - 7, width: 34, height: 14, fill: root.fillOf(cell.name), stroke: "#5c6873" }));
        root.append(svg("text", { x: left + 44, y: middle + 4.5, class: "small" }, text));
      } else {
        if (cell.low !== null) root.append(svg("line", { x1: x(cell.low), x2: x(cell.high), y1: middle, y2: middle, class: "interval" }));
        root.append(svg("circle", { cx: x(cell.value), cy: middle, r: 4.5, class: hollow ? "dot hollow" : "dot" }));
        root.append(svg("text", { x: width - 4, y: middle + 4.5, class: "end" }, text));
      }
      root.append(svg("rect", { x: 0, y: top, width, height, class: "hit", "data-code": code }, svg("title", {}, `${label}: ${text}`)));
    });
    root.setAttribute("viewBox", `0 0 ${width} ${bottom + 6}`);
    root.setAttribute("height", bottom + 6);
    return root;
  };

  Explorer.drawRanking = (view, width) => {
    const { state, rows, format, heading, reference } = view;
    const { t } = Explorer;
    const root = Explorer.drawing(width, 10, heading,
      t("ranking.description", { summary: Explorer.summary(rows, format) }));
    const items = rows.map(({ code, label, cell }) => ({
      code, label, cell,
      hollow: cell.name === "fragile" || cell.name === "model",
      text: Explorer.isBlank(cell) ? t(`state.${cell.name}`)
        : format.value(cell.value) + (cell.low === null ? "" : ` ${format.interval(cell.low, cell.high)}`),
    }));
    return lines(root, items, { width, format, reference, zero: false, chosen: state.cell });
  };

  // The changes that can be told, with a verdict each.
  Explorer.drawChange = (view, width) => {
    const { state, changed, format, changeTitle } = view;
    const { t } = Explorer;
    const points = { ...format, value: format.signed };
    const items = changed.map(({ code, label, change }) => ({
      code, label, cell: change, hollow: Explorer.verdict(change) === "unclear",
      text: `${format.signed(change.value)}, ${t(`change.${Explorer.verdict(change)}`)}`,
    }));
    const summary = Explorer.summary(changed.map(row => ({ ...row, cell: row.change })), points);
    const root = Explorer.drawing(width, 10, changeTitle, t("change.description", { summary }));
    return lines(root, items, { width, format, reference: null, zero: true, chosen: state.cell });
  };
}
