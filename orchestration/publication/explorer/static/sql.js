// The SQL page. Belongs here: starting DuckDB from the files beside the page, running a query, showing its rows.
// Does not: the explorer's views.
"use strict";
{
  const { html, t } = Explorer;
  const $ = id => document.getElementById(id);
  const SHOWN = 1000;
  const EXAMPLES = {
    contrast: `select edition, indicator, n, value, ci_low, ci_high
from pub_innovation_export
where domain_type = 'all' and indicator like 'export_rate_among%'
order by edition, indicator`,
    needs: `select c.label_${Explorer.language} as competence, n.value, n.ci_low, n.ci_high
from pub_competence_need as n join pub_competence as c using (competence_code)
where n.indicator = 'need_share' and n.domain_type = 'all'
  and n.edition = (select max_by(edition, year) from pub_edition)
order by n.value desc`,
    blank: `select domain_type, flag, reason, count(*) as cells
from pub_innovation_export
where value is null
group by domain_type, flag, reason
order by cells desc`,
    offers: `select c.label_${Explorer.language} as competence, count(*) as offers,
  sum(cast(o.is_labelled_ice as integer)) as labelled
from pub_training_offer_competence as b
join pub_training_offer as o using (offer_id)
join pub_competence as c using (competence_code)
group by competence
order by offers desc`,
  };
  const tables = JSON.parse($("tables").textContent);
  let database = null, last = null;

  // A vendored file, kept compressed, as an address that a worker can load.
  const unpacked = async (file, type) => {
    const response = await fetch(`vendor/${file}.gz`);
    if (!response.ok) throw new Error(`${file}: ${response.status}`);
    // A server that says Content-Encoding has unpacked it already.
    let bytes = await response.arrayBuffer();
    const [first, second] = new Uint8Array(bytes, 0, 2);
    if (first === 0x1f && second === 0x8b) {
      bytes = await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
    }
    return URL.createObjectURL(new Blob([bytes], { type }));
  };

  const start = async () => {
    const [client, worker, wasm] = await Promise.all([
      unpacked("duckdb-client.js", "text/javascript"),
      unpacked("duckdb-worker.js", "text/javascript"),
      unpacked("duckdb-eh.wasm", "application/wasm"),
    ]);
    const { AsyncDuckDB, VoidLogger } = await import(client);
    const made = new AsyncDuckDB(new VoidLogger(), new Worker(worker));
    await made.instantiate(wasm);
    await made.open({ query: { castBigIntToDouble: true, castDecimalToDouble: true } });
    const connection = await made.connect();
    await Promise.all(tables.map(async table => {
      const response = await fetch(`../${table}.parquet`);
      if (!response.ok) throw new Error(`${table}: ${response.status}`);
      await made.registerFileBuffer(`${table}.parquet`, new Uint8Array(await response.arrayBuffer()));
    }));
    for (const table of tables) await connection.query(`create view ${table} as select * from '${table}.parquet'`);
    return connection;
  };

  const plain = value => value === null || value === undefined ? null
    : value instanceof Date ? value.toISOString().slice(0, 10)
      : typeof value === "bigint" ? Number(value)
        : typeof value === "object" ? JSON.stringify(value) : value;

  const asText = (value, isDate) => isDate && typeof value === "number" ? new Date(value).toISOString().slice(0, 10) : value;

  const run = async () => {
    const query = $("query").value.trim();
    if (!query) return;
    $("run").disabled = true;
    try {
      if (!database) {
        $("state").textContent = t("sql.loading");
        database = start();
      }
      const connection = await database;
      $("state").textContent = t("sql.running");
      const began = performance.now();
      const found = await connection.query(query);
      const taken = Math.round(performance.now() - began);
      const columns = found.schema.fields.map(field => field.name);
      const dates = found.schema.fields.map(field => /^(Date|Timestamp)/.test(String(field.type)));
      const rows = found.toArray().map(row => columns.map((name, i) => asText(plain(row[name]), dates[i])));
      last = { columns, rows };
      show(columns, rows.slice(0, SHOWN));
      $("state").textContent = rows.length > SHOWN
        ? t("sql.cut", { n: Explorer.count(rows.length), shown: Explorer.count(SHOWN) })
        : t("sql.rows", { n: Explorer.count(rows.length), ms: Explorer.count(taken) });
      history.replaceState(null, "", `#${new URLSearchParams({ q: query })}`);
      const other = $("other-language");
      other.href = other.getAttribute("href").split("#")[0] + location.hash;
    } catch (error) {
      $("state").textContent = t("sql.error", { message: error.message });
    } finally {
      $("run").disabled = false;
    }
  };

  const show = (columns, rows) => {
    const head = html("thead", {}, html("tr", {}, ...columns.map(name => html("th", { scope: "col" }, name))));
    const body = html("tbody", {}, ...rows.map(row => html("tr", {}, ...row.map(value =>
      html("td", { class: typeof value === "number" ? "number" : null }, value === null ? "" : String(value))))));
    $("result").querySelector(".scroller").replaceChildren(html("table", {}, html("caption", {}, t("sql.result")), head, body));
    $("result").hidden = false;
  };

  const write = query => { $("query").value = query; $("query").focus(); };
  for (const [name, query] of Object.entries(EXAMPLES)) {
    const button = html("button", { type: "button", class: "quiet" }, t(`sql.example.${name}`));
    button.addEventListener("click", () => { write(query); run(); });
    $("examples").append(html("li", {}, button));
  }
  for (const table of tables) {
    const button = html("button", { type: "button", class: "quiet" }, html("code", {}, table));
    button.addEventListener("click", () => { write(`select * from ${table} limit 100`); run(); });
    $("names").append(html("li", {}, button));
  }
  $("run").addEventListener("click", run);
  $("query").addEventListener("keydown", event => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); run(); }
  });
  $("csv").addEventListener("click", () => Explorer.saveText(Explorer.csv([last.columns, ...last.rows]), "skills-bank_query.csv"));
  $("link").addEventListener("click", async () => {
    const link = `${location.href.split("#")[0]}#${new URLSearchParams({ q: $("query").value })}`;
    $("state").textContent = await Explorer.copyLink(link);
  });
  // A query from a link is shown, and run only when the reader says so.
  const given = new URLSearchParams(location.hash.slice(1)).get("q");
  $("query").value = given ?? EXAMPLES.contrast;
  if (location.protocol === "file:") {
    $("run").disabled = true;
    $("state").textContent = t("sql.file");
  }
}
