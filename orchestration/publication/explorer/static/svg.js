// Drawing by hand. Belongs here: SVG elements, patterns of the blank states, styles that go into a picture.
// Does not: any one chart.
"use strict";
{
  const SPACE = "http://www.w3.org/2000/svg";
  let drawings = 0;

  Explorer.CLASSES = ["#d3ebee", "#a3d2d8", "#6bb3bd", "#398f9b", "#176b77", "#07434d"];

  // An SVG element; children are nodes or text.
  Explorer.svg = (tag, attributes = {}, ...children) => {
    const element = document.createElementNS(SPACE, tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  };
  const { svg } = Explorer;

  const STYLE = `
    text { font: 13px "Segoe UI", Roboto, "Helvetica Neue", Arial, "Liberation Sans", sans-serif; fill: #1c2733; paint-order: stroke; stroke: #fff; stroke-width: 3px; stroke-linejoin: round; }
    .small { font-size: 12px; fill: #4a5662; }
    .strong { font-weight: 600; }
    .end { text-anchor: end; } .middle { text-anchor: middle; }
    .grid { stroke: #dfe3e8; stroke-width: 1; }
    .zero { stroke: #1c2733; stroke-width: 1.2; }
    .reference { stroke: #9a4408; stroke-width: 1.5; stroke-dasharray: 4 3; }
    .interval { stroke: #0b6b78; stroke-width: 2.5; }
    .dot { fill: #0b6b78; stroke: #0b6b78; stroke-width: 2; }
    .hollow { fill: #fff; }
    .outline { fill: none; stroke: #fff; stroke-width: 1.2; vector-effect: non-scaling-stroke; stroke-linejoin: round; }
    .ground { fill: #f1efe8; stroke: #8b959f; stroke-width: .8; vector-effect: non-scaling-stroke; }
    .place { stroke: #fff; stroke-width: .9; vector-effect: non-scaling-stroke; stroke-linejoin: round; }
    .over { fill: none; stroke: #5c6873; stroke-width: .8; vector-effect: non-scaling-stroke; pointer-events: none; }
    .fragile { stroke: #9a4408; stroke-width: 1.6; stroke-dasharray: 4 2; vector-effect: non-scaling-stroke; }
    .chosen { fill: none; stroke: #c2570c; stroke-width: 3; vector-effect: non-scaling-stroke; pointer-events: none; }
    .band { fill: #fdf0e4; } .hit { fill: transparent; cursor: pointer; }
    .place, .tile { cursor: pointer; }`;

  // Lines, hatching and dots tell the blank states apart without colour.
  const patterns = id => {
    const pattern = (name, size, ground, ...marks) => svg("pattern", {
      id: `${id}-${name}`, width: size, height: size, patternUnits: "userSpaceOnUse",
    }, svg("rect", { width: size, height: size, fill: ground }), ...marks);
    const line = (d, stroke, width) => svg("path", { d, stroke, "stroke-width": width, fill: "none" });
    return svg("defs", {},
      pattern("secret", 6, "#39434d", line("M0 0L6 6M6 0L0 6", "#cfd6dc", 1)),
      pattern("few", 7, "#fff", line("M-1 1L1-1M0 7L7 0M6 8L8 6", "#5c6873", 1.6)),
      pattern("missing", 7, "#fff", svg("circle", { cx: 3.5, cy: 3.5, r: 1.3, fill: "#5c6873" })),
      pattern("none", 6, "#fff", line("M0 3H6", "#5c6873", 1)),
      pattern("absent", 8, "#f1efe8"));
  };

  // A drawing of so many pixels: a picture with a name and a description.
  Explorer.drawing = (width, height, title, description) => {
    const id = `drawing-${++drawings}`;
    const root = svg("svg", {
      xmlns: SPACE, viewBox: `0 0 ${width} ${height}`, width, height, role: "img",
      "aria-labelledby": `${id}-title ${id}-text`,
    }, svg("title", { id: `${id}-title` }, title), svg("desc", { id: `${id}-text` }, description),
    svg("style", {}, STYLE), patterns(id));
    root.fillOf = (name) => `url(#${id}-${name})`;
    return root;
  };

  const canvas = document.createElement("canvas").getContext("2d");
  // A text cut to a width in pixels.
  Explorer.cut = (text, width, font = '13px "Segoe UI", Roboto, "Helvetica Neue", Arial, "Liberation Sans", sans-serif') => {
    canvas.font = font;
    if (canvas.measureText(text).width <= width) return text;
    let kept = text;
    while (kept && canvas.measureText(`${kept}…`).width > width) kept = kept.slice(0, -1);
    return `${kept.trimEnd()}…`;
  };
  Explorer.textWidth = text => { canvas.font = '13px "Liberation Sans", Arial, sans-serif'; return canvas.measureText(text).width; };
}
