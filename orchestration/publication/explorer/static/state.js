// What the reader has chosen. Belongs here: reading it from the address, writing it there, and which choices exist.
// Does not: controls, drawing.
"use strict";
{
  const KEYS = ["indicator", "edition", "by", "subject", "region", "sector", "size", "source", "sort", "cell"];
  const PLAIN = ["all", "region", "territory", "stopover", "sector", "size_class"];
  // Filters of each breakdown, with the table that holds the crossing; null: the filter narrows the list itself.
  const CROSSINGS = {
    region: { sector: "region_sector", size: "region_size_class" },
    sector: { region: "region_sector", size: "size_class_sector" },
    size_class: { region: "region_size_class", sector: "size_class_sector" },
    subject: { region: "region", sector: "sector", size: "size_class" },
    territory: { region: null },
    stopover: { region: null },
    all: {},
  };
  const KIND = { region: "region", sector: "sector", size: "size_class" };

  Explorer.crossings = CROSSINGS;

  Explorer.parse = hash => {
    const given = new URLSearchParams(hash.replace(/^#/, ""));
    return Object.fromEntries(KEYS.filter(key => given.get(key)).map(key => [key, given.get(key)]));
  };

  Explorer.address = state =>
    "#" + new URLSearchParams(KEYS.filter(key => state[key]).map(key => [key, state[key]])).toString();

  Explorer.defaultIndicator = wanted => {
    const codes = Explorer.data.core.indicators.map(indicator => indicator.code);
    return codes.includes(wanted) ? wanted : codes.includes("innovation_rate") ? "innovation_rate" : codes[0];
  };

  // The options of every choice under the others, and the wanted state with what does not exist put right.
  Explorer.choices = (wanted, indicator, figures) => {
    const { core } = Explorer.data;
    const pick = (options, value, fallback = options[0]) => options.includes(value) ? value : fallback;
    const editions = core.editions.map(edition => edition.code).filter(code => code in figures.figures);
    const edition = pick(editions, wanted.edition, editions.at(-1));
    const { subjects } = figures.figures[edition];
    const codes = Object.keys(subjects);
    const bySubject = codes.length > 1;
    const kinds = new Set(Object.values(subjects).flatMap(Object.keys));
    const bys = [...PLAIN.filter(kind => kinds.has(kind)), ...(bySubject ? ["subject"] : [])];
    const by = pick(bys, wanted.by, bys.includes("region") ? "region" : bys.at(-1));
    const subject = bySubject && by !== "subject" ? pick(codes, wanted.subject) : "";
    const state = { indicator: indicator.code, edition, by, subject };
    const options = { edition: editions, by: bys, subject: bySubject && by !== "subject" ? codes : [] };
    let crossed = false;
    for (const filter of Object.keys(KIND)) {
      const table = CROSSINGS[by][filter];
      const possible = table === null || kinds.has(table);
      options[filter] = table === undefined || !possible ? [] : filterOptions(filter, by, edition);
      state[filter] = !crossed && options[filter].includes(wanted[filter]) ? wanted[filter] : "";
      crossed ||= state[filter] !== "";
    }
    const models = figures.models[edition];
    options.source = by === "territory" && models ? ["direct", "model"] : [];
    state.source = options.source.includes(wanted.source) && wanted.source !== "direct" ? wanted.source : "";
    options.sort = by === "all" ? [] : ["value", "label", "domain"];
    state.sort = options.sort.includes(wanted.sort) && wanted.sort !== "value" ? wanted.sort : "";
    state.cell = wanted.cell ?? "";
    return { state, options };
  };

  const filterOptions = (filter, by, edition) => {
    const { core } = Explorer.data;
    const codes = (core.domains[KIND[filter]] ?? []).map(([code]) => code);
    const touched = by === "territory" ? Object.values(core.territories)
      : by === "stopover" ? Object.values(core.stopovers).filter(stop => stop.edition === edition).map(stop => stop.region)
        : null;
    return touched ? codes.filter(code => touched.includes(code)) : codes;
  };

  // Where the cells of a state are: the table, and the code of a domain in it.
  Explorer.place = (state, code) => {
    const filter = Object.keys(KIND).find(key => state[key] && CROSSINGS[state.by][key]);
    if (!filter) return { kind: state.by === "subject" ? "all" : state.by, domain: state.by === "subject" ? "all" : code };
    const kind = CROSSINGS[state.by][filter];
    if (state.by === "subject") return { kind, domain: state[filter] };
    const own = { region: "region", sector: "sector", size_class: "size" }[state.by];
    const parts = { [own]: code, [filter]: state[filter] };
    const order = { region_sector: ["region", "sector"], region_size_class: ["region", "size"], size_class_sector: ["size", "sector"] };
    return { kind, domain: order[kind].map(part => parts[part]).join("|") };
  };
}
