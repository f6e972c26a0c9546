// One line in detail. Belongs here: its value, why it is blank or uncertain, and its other editions. Does not: the
// choice of the view.
"use strict";
{
  const { html } = Explorer;

  Explorer.drawDetail = (view, width, look) => {
    const { state, rows, format, figures, changed, before } = view;
    const { t, data: { core } } = Explorer;
    const row = rows.find(candidate => candidate.code === state.cell) ?? rows[0];
    if (!row) return html("div");
    const { cell, change } = row;
    const select = html("select", { id: "look" }, ...[...rows]
      .sort((a, b) => a.label.localeCompare(b.label, Explorer.language))
      .map(({ code, label }) => html("option", { value: code, selected: code === row.code }, label)));
    select.addEventListener("change", () => look(select.value));
    const blank = Explorer.isBlank(cell);
    const colon = Explorer.language === "fr" ? "\u202f: " : ": ";
    const facts = blank ? [] : [
      ...(cell.low === null ? [] : [`${t("detail.interval")}${colon}${format.interval(cell.low, cell.high)}`]),
      ...(cell.n === null ? [] : [`${t("detail.n")}${colon}${Explorer.count(cell.n)}`]),
      `${t("detail.state")}${colon}${t(`state.${cell.name}`)}`,
    ];
    const part = state.source === "model" ? "models" : "figures";
    const editions = core.editions.filter(edition => edition.code in figures[part]).map(edition => ({
      edition,
      cell: Explorer.cell(figures, part, edition.code, row.subject, row.place),
    }));
    const broken = editions.some(item => item.cell.comparability === "broken");
    const told = changed.includes(row) ? [html("p", {}, t("change.sentence", {
      ...before, value: format.signed(change.value), interval: format.interval(change.low, change.high),
      verdict: t(`change.${Explorer.verdict(change)}`),
    }))] : [];
    return html("div", { class: "two" },
      html("div", {},
        html("p", { class: "choice" }, html("label", { for: "look" }, t("detail.choose")), select),
        html("p", { class: `figure ${blank ? `blank ${cell.name}` : ""}` }, blank ? t(`state.${cell.name}`) : format.value(cell.value)),
        html("p", { class: "muted" }, blank || format.share ? "" : format.unit),
        ...facts.map(fact => html("p", { class: "fact" }, fact)),
        ...(blank ? [html("h4", { id: "why" }, t("detail.why"))] : []),
        ...Explorer.why(cell).map(sentence => html("p", { class: "why" }, sentence)),
        ...(cell.name === "model" ? [html("p", {}, t("detail.gamma"))] : [])),
      html("div", {},
        html("h4", {}, `${t("detail.over")}${colon}${row.label}`),
        Explorer.drawTime(editions, { width, format, title: t("detail.editions") }),
        ...told,
        ...(broken ? [html("p", { class: "muted" }, t("detail.broken"))] : [])));
  };
}
