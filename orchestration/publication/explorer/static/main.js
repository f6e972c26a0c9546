// The page. Belongs here: from the address to the choices to the pictures. Does not: how any of them is made.
"use strict";
{
  const { html, t, data: { core } } = Explorer;
  const $ = id => document.getElementById(id);
  let state = {}, view = null, turn = 0;

  const inside = element => Math.max(240, element.clientWidth
    - parseFloat(getComputedStyle(element).paddingLeft) - parseFloat(getComputedStyle(element).paddingRight));

  const compose = (choices, indicator, figures) => {
    const rows = Explorer.rows(choices.state, figures);
    const chosen = rows.some(row => row.code === choices.state.cell);
    const now = { ...choices.state, cell: chosen ? choices.state.cell : "" };
    const format = Explorer.format(indicator, now.subject);
    const words = indicator[Explorer.language];
    const edition = core.editions.find(({ code }) => code === now.edition);
    const reference = figures.changes[now.edition]?.reference;
    const before = {
      before: core.editions.find(({ code }) => code === reference)?.year ?? "",
      after: edition.year ?? now.edition,
    };
    const filters = ["region", "sector", "size"].filter(name => now[name])
      .map(name => Explorer.domainLabel(name === "size" ? "size_class" : name, now[name]));
    const subject = now.subject ? [Explorer.subjectLabel(now.subject)] : [];
    const heading = t("heading", {
      indicator: words.label + (subject.length ? ` (${subject[0]})` : ""), by: t(`heading.${now.by}`),
    }) + (filters.length ? `, ${filters.join(", ")}` : "") + (now.source ? ` (${t("source.model")})` : "");
    const whole = Explorer.cell(figures, "figures", now.edition, now.subject, { kind: "all", domain: "all" });
    return {
      state: now, rows, format, indicator, figures, before, heading, words,
      editionTitle: edition[Explorer.language],
      universe: t("universe", { universe: words.universe, unit: format.unit }),
      changed: rows.filter(row => !Explorer.isBlank(row.change)),
      changeTitle: t("change", before),
      reference: indicator.share && !["all", "subject"].includes(now.by) && !Explorer.isBlank(whole) ? whole.value : null,
    };
  };

  const status = rows => {
    const shown = rows.filter(row => !Explorer.isBlank(row.cell)).length;
    const parts = Explorer.BLANK.map(name => [name, rows.filter(row => row.cell.name === name).length])
      .filter(([, count]) => count).map(([name, count]) => t(`counts.${name}`, { n: Explorer.count(count) }));
    const first = t("shown", { shown: Explorer.count(shown), all: Explorer.count(rows.length) });
    return `${[first, ...parts].join(", ")}.${shown ? "" : ` ${t("nothing")}`}`;
  };

  const look = code => choose({ cell: code }).then(() => {
    $("detail").scrollIntoView({ block: "nearest" });
    $("look").focus({ preventScroll: true });
  });

  const draw = () => {
    const mapped = Explorer.contoursOf(view.state.by) !== null;
    $("views").classList.toggle("no-map", !mapped);
    $("map").hidden = !mapped;
    const put = (id, make) => {
      const box = $(id).querySelector(".drawing");
      box.replaceChildren();
      box.append(...[make(inside(box))].flat());
    };
    if (mapped) put("map", width => [Explorer.drawMap(view, width), ...mapNotes()]);
    put("ranking", width => Explorer.drawRanking(view, width));
    const changeable = view.changed.length > 0;
    $("change-title").textContent = changeable ? `${view.changeTitle}${view.format.share ? ` (${t("points")})` : ""}` : t("change", view.before);
    $("change").hidden = !view.before.before;
    put("change", width => changeable ? Explorer.drawChange(view, width) : html("p", { class: "muted" }, t("change.none")));
    const detail = $("detail-body");
    detail.replaceChildren();
    detail.append(Explorer.drawDetail(view, Math.min(460, inside(detail)), look));
    for (const button of $("downloads").querySelectorAll("button")) {
      button.hidden = button.dataset.what === "map" && !mapped || button.dataset.what === "change" && !changeable;
    }
  };

  const mapNotes = () => view.state.by === "stopover" ? [html("p", { class: "muted" }, t("map.stopovers"))]
    : view.state.by === "territory" ? [html("p", { class: "muted" }, t("map.points"))] : [];

  const show = async wanted => {
    const own = ++turn;
    const code = Explorer.defaultIndicator(wanted.indicator);
    const indicator = core.indicators.find(candidate => candidate.code === code);
    try {
      const figures = await Explorer.load(`figures-${code}`);
      const choices = Explorer.choices(wanted, indicator, figures);
      await Promise.all((Explorer.contoursOf(choices.state.by) ?? []).map(Explorer.load));
      if (own !== turn) return;
      view = compose(choices, indicator, figures);
      state = view.state;
      Explorer.updateControls($("choices"), choices);
    } catch (error) {
      $("status").textContent = t("failed");
      throw error;
    }
    $("heading").textContent = view.heading;
    document.title = `${view.heading} – ${t("title")}`;
    $("definition").textContent = view.words.definition;
    $("universe").textContent = view.universe;
    $("status").textContent = status(view.rows);
    draw();
    const focused = document.activeElement?.dataset.why;
    $("table").querySelector(".scroller").replaceChildren(Explorer.drawTable(view, look));
    if (focused) $("look").focus({ preventScroll: true });
    const other = $("other-language");
    other.href = other.getAttribute("href").split("#")[0] + Explorer.address(state);
  };

  // Every choice is an address of its own, so that Back takes it back.
  const choose = async changed => {
    const wanted = changed === null ? {} : { ...state, ...changed };
    await show(wanted);
    history.pushState(null, "", Explorer.address(state));
  };

  const buttons = {
    csv: () => Explorer.downloadCsv(view),
    map: () => Explorer.downloadPng(view, "map", Explorer.drawMap),
    ranking: () => Explorer.downloadPng(view, "ranking", Explorer.drawRanking),
    change: () => Explorer.downloadPng(view, "change", Explorer.drawChange),
    link: () => Explorer.copyLink(location.href.split("#")[0] + Explorer.address(state)),
  };
  for (const [what, act] of Object.entries(buttons)) {
    const button = html("button", { type: "button", "data-what": what }, t(`download.${what}`));
    button.addEventListener("click", async () => {
      const result = await act();
      $("told").textContent = what === "link" ? result : t("downloaded", { file: result });
    });
    $("downloads").querySelector(".buttons").append(button);
  }
  Explorer.buildControls($("choices"), choose);
  for (const id of ["map", "ranking", "change"]) {
    $(id).addEventListener("click", event => {
      const code = event.target.closest("[data-code]")?.dataset.code;
      if (code) choose({ cell: code });
    });
  }
  // The skip link must not take the place of the view in the address.
  document.querySelector(".skip").addEventListener("click", event => {
    event.preventDefault();
    $("content").focus();
  });
  addEventListener("popstate", () => show(Explorer.parse(location.hash)));
  let width = innerWidth, waiting = 0;
  addEventListener("resize", () => {
    if (innerWidth === width || !view) return;
    width = innerWidth;
    clearTimeout(waiting);
    waiting = setTimeout(draw, 120);
  });
  show(Explorer.parse(location.hash)).then(() => { document.documentElement.dataset.ready = "true"; });
}
