// The map. Belongs here: places in their contours, coloured by class or filled by the pattern of their state, and its
// legend. Does not: which figures are on it.
"use strict";
{
  const { svg } = Explorer;
  const CONTOURS = { region: "regions", territory: "territories", stopover: "departements" };
  const TILE = 26, LINE = 24;

  // What must be loaded before a breakdown can be mapped; null where it has no map.
  Explorer.contoursOf = by => CONTOURS[by] ? [...new Set([`contours-${CONTOURS[by]}`, "contours-regions"])] : null;

  // The code of a place in its contours: of a stopover its département, which its commune's code begins with.
  const contourCode = (by, code) => {
    if (by !== "stopover") return code;
    const { commune } = Explorer.data.core.stopovers[code];
    return commune?.slice(0, commune.startsWith("97") || commune.startsWith("98") ? 3 : 2);
  };

  const classes = (rows) => {
    const values = rows.filter(row => !Explorer.isBlank(row.cell)).map(row => row.cell.value);
    if (!values.length) return { bounds: [], colour: () => "" };
    const bounds = Explorer.steps(Math.min(...values), Math.max(...values), 5);
    const shift = Math.max(0, Explorer.CLASSES.length - (bounds.length - 1)) >> 1;
    return {
      bounds,
      colour: value => {
        const place = bounds.findIndex((bound, i) => i > 0 && value <= bound + 1e-12) - 1;
        return Explorer.CLASSES[Math.max(0, place) + shift];
      },
    };
  };

  Explorer.drawMap = (view, width) => {
    const { state, rows, format, heading } = view;
    const { data, t } = Explorer;
    const [planeWidth, planeHeight] = data.core.plane;
    const regions = data["contours-regions"], contours = data[`contours-${CONTOURS[state.by]}`];
    const scale = Math.min(width, 620) / planeWidth;
    const left = (width - planeWidth * scale) / 2;
    const mapHeight = Math.round(planeHeight * scale);
    const { bounds, colour } = classes(rows);
    const abroad = rows.filter(row => !contours[contourCode(state.by, row.code)]);
    const columns = Math.max(1, Math.floor(width / 190));
    const tilesTop = mapHeight + 34;
    const legendTop = (abroad.length ? tilesTop + Math.ceil(abroad.length / columns) * (TILE + 8) : mapHeight) + 30;
    const root = Explorer.drawing(width, 10, heading,
      t("map.description", { heading, summary: Explorer.summary(rows, format) }));
    const fill = cell => Explorer.isBlank(cell) ? root.fillOf(cell.name) : colour(cell.value);
    const told = row => `${row.label}${Explorer.language === "fr" ? "\u202f: " : ": "}` + (Explorer.isBlank(row.cell)
      ? t(`state.${row.cell.name}`)
      : format.value(row.cell.value) + (row.cell.low === null ? "" : ` ${format.interval(row.cell.low, row.cell.high)}`));

    const ground = svg("g", {}, ...Object.values(regions).map(d => svg("path", { d, class: "ground" })));
    const places = svg("g");
    const marks = svg("g");
    for (const row of rows) {
      const shape = contours[contourCode(state.by, row.code)];
      if (!shape) continue;
      const common = { class: "place", fill: fill(row.cell), "data-code": row.code };
      const make = more => svg("path", { d: shape, ...more });
      const element = make(common);
      element.append(svg("title", {}, told(row)));
      places.append(element);
      if (row.cell.name === "fragile") marks.append(make({ class: "fragile", fill: "none", "pointer-events": "none" }));
      if (row.code === state.cell) marks.append(make({ class: "chosen" }));
    }
    // Patterns are of pixels: where a place is filled by one, the scale is undone.
    for (const pattern of root.querySelectorAll("pattern")) {
      const copy = pattern.cloneNode(true);
      copy.id += "-map";
      copy.setAttribute("patternTransform", `scale(${1 / scale})`);
      pattern.after(copy);
    }
    for (const element of places.children) {
      if (element.getAttribute("fill").startsWith("url")) {
        element.setAttribute("fill", element.getAttribute("fill").replace(")", "-map)"));
      }
    }
    const borders = state.by === "region" ? [] : Object.values(regions).map(d => svg("path", { d, class: "over" }));
    root.append(svg("g", { transform: `translate(${left} 0) scale(${scale})` }, ground, places, ...borders, marks));

    if (abroad.length) {
      root.append(svg("text", { x: 0, y: tilesTop - 10, class: "strong" }, t("map.overseas")));
      abroad.forEach((row, i) => {
        const x = (i % columns) * (width / columns), y = tilesTop + Math.floor(i / columns) * (TILE + 8);
        root.append(svg("g", { class: "tile", "data-code": row.code },
          svg("title", {}, told(row)),
          svg("rect", {
            x: x + 1, y, width: TILE, height: TILE, rx: 3, fill: fill(row.cell),
            stroke: row.code === state.cell ? "#c2570c" : "#5c6873", "stroke-width": row.code === state.cell ? 3 : 1,
          }),
          svg("text", { x: x + TILE + 8, y: y + 17 }, Explorer.cut(row.label, width / columns - TILE - 16))));
      });
    }
    const bottom = legend(root, view, bounds, colour, legendTop, width);
    root.setAttribute("viewBox", `0 0 ${width} ${bottom}`);
    root.setAttribute("height", bottom);
    return root;
  };

  // Classes in a row, then a swatch for each other state that is on the map. Returns where it ends.
  const legend = (root, { rows, format, indicator }, bounds, colour, top, width) => {
    const { t } = Explorer;
    let y = top;
    if (bounds.length) {
      const step = Math.min(76, (width - 30) / (bounds.length - 1));
      root.append(svg("text", { x: 0, y: y - 8, class: "strong" },
        Explorer.cut(`${t("map.legend")} (${indicator.share ? "%" : format.unit})`, width)));
      bounds.slice(1).forEach((bound, i) => root.append(svg("rect", {
        x: 14 + i * step, y, width: step, height: 16, fill: colour(bound), stroke: "#fff",
      })));
      bounds.forEach((bound, i) => root.append(svg("text", { x: 14 + i * step, y: y + 31, class: "small middle" }, format.bare(bound))));
      y += 52;
    }
    const names = [...new Set(rows.map(row => row.cell.name))].filter(name => name === "fragile" || Explorer.BLANK.includes(name));
    let x = 0;
    for (const name of names) {
      const text = t(`state.${name}`), needed = Explorer.textWidth(text) + 46;
      if (x + needed > width) { x = 0; y += LINE; }
      root.append(
        svg("rect", {
          x: x + 1, y: y - 1, width: 20, height: 15,
          ...(name === "fragile" ? { fill: Explorer.CLASSES[1], class: "fragile" } : { fill: root.fillOf(name), stroke: "#5c6873" }),
        }),
        svg("text", { x: x + 28, y: y + 11 }, text));
      x += needed;
    }
    return y + (names.length ? LINE : 0);
  };
}
