// The lines of a view. Belongs here: taking the chosen cells from the data, with their states, changes and order.
// Does not: drawing.
"use strict";
{
  const NAMES = {
    ok: "ok", quoted: "ok", fragile: "fragile", carried_over: "carried", zero: "zero", model_based: "model",
    secret: "secret", unreliable: "few", not_available: "missing", not_applicable: "none",
  };
  let index = null;

  const positions = () => index ??= Object.fromEntries(Object.entries(Explorer.data.core.domains)
    .map(([kind, domains]) => [kind, new Map(domains.map(([code], place) => [code, place]))]));

  // The states that show no number, each drawn by a pattern of its own.
  Explorer.BLANK = ["secret", "few", "missing", "none", "absent"];

  // One cell of the data, in words: {name, flag, reason, comparability} and, where shown, {value, low, high, n}.
  const decode = raw => {
    if (raw === null || raw === undefined) return { name: "absent", flag: "", reason: "" };
    const shown = Array.isArray(raw);
    const [flag, reason, comparability] = Explorer.data.core.states[shown ? raw[0] : raw];
    const state = { name: NAMES[flag] ?? "none", flag, reason: reason ?? "", comparability };
    return shown ? { ...state, value: raw[1], low: raw[2], high: raw[3], n: raw[4] } : state;
  };

  Explorer.cell = (figures, part, edition, subject, { kind, domain }) =>
    decode(figures[part][edition]?.subjects[subject]?.[kind]?.[positions()[kind]?.get(domain)]);

  Explorer.subjectLabel = code => {
    const { subjects, families } = Explorer.data.core;
    const place = Explorer.language === "fr" ? 0 : 1;
    if (Explorer.has(`statistic.${code}`)) return Explorer.t(`statistic.${code}`);
    return (subjects[code] ?? families[code])?.[place] ?? code;
  };

  Explorer.domainLabel = (kind, code) => {
    const domain = Explorer.data.core.domains[kind]?.[positions()[kind]?.get(code)];
    return domain ? domain[Explorer.language === "fr" ? 1 : 2] ?? code : code;
  };

  const candidates = (state, figures) => {
    const { core } = Explorer.data;
    if (state.by === "subject") return Object.keys(figures.figures[state.edition].subjects);
    const codes = core.domains[state.by].map(([code]) => code);
    const of = state.by === "territory" ? code => core.territories[code]
      : state.by === "stopover" ? code => core.stopovers[code]?.region : null;
    return codes.filter(code => !(of && state.region) || of(code) === state.region)
      .filter(code => state.by !== "stopover" || core.stopovers[code]?.edition === state.edition);
  };

  // The lines of a view in the reader's order, what is blank last.
  Explorer.rows = (state, figures) => {
    const part = state.source === "model" ? "models" : "figures";
    const rows = candidates(state, figures).map(code => {
      const subject = state.by === "subject" ? code : state.subject;
      const place = Explorer.place(state, code);
      const label = state.by === "subject" ? Explorer.subjectLabel(code) : Explorer.domainLabel(state.by, code);
      const base = state.by === "subject" ? place : { kind: state.by, domain: code };
      const cell = Explorer.cell(figures, part, state.edition, subject, place);
      const change = part === "figures" ? Explorer.cell(figures, "changes", state.edition, subject, place) : decode(null);
      const known = cell.name !== "absent"
        || Explorer.cell(figures, part, state.edition, subject, base).name !== "absent";
      return { code, label, subject, place, cell, change, known };
    }).filter(row => row.known);
    const rank = row => Explorer.BLANK.indexOf(row.cell.name);
    if (state.sort !== "domain") {
      rows.sort((a, b) => rank(a) - rank(b)
        || (state.sort === "" ? (b.cell.value ?? 0) - (a.cell.value ?? 0) : 0)
        || a.label.localeCompare(b.label, Explorer.language));
    }
    return rows;
  };

  Explorer.isBlank = cell => Explorer.BLANK.includes(cell.name);
  Explorer.verdict = cell => cell.low > 0 ? "higher" : cell.high < 0 ? "lower" : "unclear";

  // Why a cell is as it is: what its state means, and the reason that the data give.
  Explorer.why = cell => [
    Explorer.t(`why.${cell.name}`),
    ...(cell.reason && Explorer.has(`reason.${cell.reason}`) && cell.name !== "model" ? [Explorer.t(`reason.${cell.reason}`)] : []),
  ];

  Explorer.summary = (rows, format) => {
    const shown = rows.filter(row => !Explorer.isBlank(row.cell)).sort((a, b) => a.cell.value - b.cell.value);
    if (!shown.length) return Explorer.t("summary.none");
    const [low, high] = [shown[0], shown.at(-1)];
    return Explorer.t(shown.length === 1 ? "summary.one" : "summary", {
      low: format.value(low.cell.value), low_label: low.label,
      high: format.value(high.cell.value), high_label: high.label,
    });
  };
}
