// Taking a view along. Belongs here: CSV, PNG and the link. Does not: drawing.
"use strict";
{
  const { svg } = Explorer;
  const FONT = '13px "Liberation Sans", Arial, sans-serif';
  const MARGIN = 24, SCALE = 2;

  const save = (blob, file) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = file;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  };

  const quoted = value => {
    if (value === null || value === undefined) return "";
    if (typeof value === "number") return String(value);
    // A label that a spreadsheet would take for a formula is kept a text.
    const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };

  // RFC 4180 with a header, UTF-8 with its mark so that spreadsheets read the accents.
  Explorer.csv = records => "\ufeff" + records.map(record => record.map(quoted).join(",") + "\r\n").join("");

  const fileOf = ({ state }, what, ending) =>
    `skills-bank_${[state.indicator, state.subject, state.by, state.edition, what].filter(Boolean).join("_")}.${ending}`;

  Explorer.saveText = (text, file) => save(new Blob([text], { type: "text/csv" }), file);

  Explorer.downloadCsv = view => {
    const { state, rows } = view;
    const records = rows.map(({ code, label, subject, place, cell, change }) => [
      state.edition, state.indicator, subject, place.kind, place.domain, state.by === "subject" ? subject : code, label,
      cell.value, cell.low, cell.high, cell.n, cell.flag, cell.reason, cell.comparability, change.value, change.low, change.high,
    ]);
    const header = ["edition", "indicator", "subject", "domain_type", "domain", "code", "label", "value", "ci_low", "ci_high",
      "n", "flag", "reason", "comparability", "change", "change_ci_low", "change_ci_high"];
    const file = fileOf(view, "", "csv");
    Explorer.saveText(Explorer.csv([header, ...records]), file);
    return file;
  };

  const wrapped = (text, width) => {
    const lines = [""];
    for (const word of text.split(" ")) {
      const longer = `${lines.at(-1)} ${word}`.trim();
      if (Explorer.cut(longer, width, FONT) === longer) lines[lines.length - 1] = longer; else lines.push(word);
    }
    return lines;
  };

  // A picture that stands alone: title, edition, the drawing, source.
  Explorer.downloadPng = async (view, what, draw) => {
    const width = what === "map" ? 640 : 900;
    const drawing = draw(view, width);
    const height = Number(drawing.getAttribute("height"));
    const title = wrapped(what === "change" ? `${view.heading}. ${view.changeTitle}` : view.heading, width);
    const notes = [...wrapped(`${view.editionTitle}. ${view.universe}`, width), Explorer.t("source.line", { edition: view.editionTitle })];
    const top = MARGIN + title.length * 20 + notes.length * 17 + 10;
    const root = svg("svg", {
      xmlns: "http://www.w3.org/2000/svg", width: width + 2 * MARGIN, height: top + height + MARGIN,
    }, svg("rect", { width: "100%", height: "100%", fill: "#fff" }));
    title.forEach((line, i) => root.append(svg("text", { x: MARGIN, y: MARGIN + 12 + i * 20, class: "strong" }, line)));
    notes.forEach((line, i) => root.append(svg("text", { x: MARGIN, y: MARGIN + 12 + title.length * 20 + i * 17, class: "small" }, line)));
    drawing.setAttribute("x", MARGIN);
    drawing.setAttribute("y", top);
    root.append(drawing);
    const image = new Image();
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(new XMLSerializer().serializeToString(root))}`;
    await image.decode();
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [image.width * SCALE, image.height * SCALE];
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    const file = fileOf(view, what, "png");
    save(await new Promise(resolve => canvas.toBlob(resolve, "image/png")), file);
    return file;
  };

  // The link goes to the clipboard; where a browser forbids that (file:), it is told.
  Explorer.copyLink = async link => {
    try {
      await navigator.clipboard.writeText(link);
      return Explorer.t("link.copied");
    } catch {
      return `${Explorer.t("link.here")} ${link}`;
    }
  };
}
