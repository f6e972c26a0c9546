// The table of a view: everything that its pictures show. Belongs here: its cells and buttons. Does not: choosing
// lines.
"use strict";
{
  const { html } = Explorer;

  // `look` is called with the code of a line that the reader wants in detail.
  Explorer.drawTable = (view, look) => {
    const { state, rows, format, heading, editionTitle, changed, before } = view;
    const { t } = Explorer;
    const numbers = cell => Explorer.isBlank(cell)
      ? [html("td", { class: `blank ${cell.name}`, colspan: 4 }, t(`state.${cell.name}`), " ", button(cell))]
      : [format.value(cell.value), bare(cell.low), bare(cell.high), cell.n === null ? "" : Explorer.count(cell.n)]
        .map(text => html("td", { class: "number" }, text));
    const bare = value => value === null ? "" : format.bare(value);
    let current = null;
    const button = () => {
      const { code, label } = current;
      const made = html("button", { type: "button", class: "link", "data-why": code, "aria-label": `${t("detail.why")} ${label}` }, t("table.why"));
      made.addEventListener("click", () => look(code));
      return made;
    };
    const columns = [t(`one.${state.by}`), t("table.value"), t("table.low"), t("table.high"), t("table.n"), t("table.state"),
      ...(changed.length ? [t("change", before)] : [])];
    const head = html("thead", {}, html("tr", {}, ...columns.map((text, i) =>
      html("th", { scope: "col", class: i > 0 && i < 5 ? "number" : null }, text))));
    const body = html("tbody", {}, ...rows.map(row => {
      current = row;
      const { cell, change } = row;
      return html("tr", { class: row.code === state.cell ? "chosen" : null },
        html("th", { scope: "row" }, row.label),
        ...numbers(cell),
        html("td", {}, Explorer.isBlank(cell) ? "" : t(`state.${cell.name}`)),
        ...(changed.length ? [html("td", {}, Explorer.isBlank(change) ? t(`state.${change.name}`)
          : `${format.signed(change.value)} ${format.interval(change.low, change.high)}, ${t(`change.${Explorer.verdict(change)}`)}`)] : []));
    }));
    return html("table", {}, html("caption", {}, t("table.caption", { heading, edition: editionTitle })), head, body);
  };
}
