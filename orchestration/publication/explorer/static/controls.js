// The choices as controls. Belongs here: building them once, and bringing them up to date. Does not: which choices
// exist (state.js).
"use strict";
{
  const { html } = Explorer;
  const FILTERS = ["region", "sector", "size"];
  const NAMES = ["indicator", "edition", "by", "subject", ...FILTERS, "source", "sort"];

  const labels = {
    edition: code => {
      const edition = Explorer.data.core.editions.find(candidate => candidate.code === code);
      return edition[Explorer.language] ?? code;
    },
    by: code => Explorer.t(`by.${code}`),
    subject: code => Explorer.subjectLabel(code),
    region: code => Explorer.domainLabel("region", code),
    sector: code => Explorer.domainLabel("sector", code),
    size: code => Explorer.domainLabel("size_class", code),
    source: code => Explorer.t(`source.${code}`),
    sort: code => Explorer.t(`sort.${code}`),
  };

  // `choose` is called with what the reader changes: names and values; with null to start again.
  Explorer.buildControls = (form, choose) => {
    for (const name of NAMES) {
      const select = html("select", { id: `choice-${name}`, name });
      form.append(html("p", { class: `choice ${name}` }, html("label", { for: `choice-${name}` }, Explorer.t(`choice.${name}`)), select));
      select.addEventListener("change", () => {
        // One crossing at a time: a table of three breakdowns is not published.
        const others = FILTERS.includes(name) ? FILTERS.filter(filter => filter !== name) : [];
        choose({ ...Object.fromEntries(others.map(filter => [filter, ""])), [name]: select.value, cell: "" });
      });
    }
    const reset = html("button", { type: "button", class: "quiet" }, Explorer.t("reset"));
    reset.addEventListener("click", () => choose(null));
    form.append(html("p", { class: "choice reset" }, reset));
    form.addEventListener("submit", event => event.preventDefault());
    form.elements.namedItem("indicator").append(...Explorer.data.core.indicators.map(({ code, [Explorer.language]: words }) =>
      html("option", { value: code }, words.label)));
  };

  const groups = codes => {
    const { subjects, families } = Explorer.data.core;
    const by = Map.groupBy ? Map.groupBy(codes, code => subjects[code]?.[2]) : new Map([[undefined, codes]]);
    return [...by].flatMap(([family, members]) => {
      const made = members.map(code => html("option", { value: code }, Explorer.subjectLabel(code)));
      return family ? [html("optgroup", { label: families[family][Explorer.language === "fr" ? 0 : 1] }, ...made)] : made;
    });
  };

  Explorer.updateControls = (form, { state, options }) => {
    form.elements.namedItem("indicator").value = state.indicator;
    for (const name of NAMES.slice(1)) {
      const select = form.elements.namedItem(name);
      const everywhere = FILTERS.includes(name) ? [html("option", { value: "" }, Explorer.t("everywhere"))] : [];
      select.replaceChildren(...everywhere, ...(name === "subject" ? groups(options.subject)
        : options[name].map(code => html("option", { value: code }, labels[name](code)))));
      select.value = state[name] || (everywhere.length ? "" : options[name][0] ?? "");
      select.closest("p").hidden = options[name].length === 0;
    }
  };
}
