"use strict";
(() => {
  const table = document.getElementById("cases");
  if (!table) return;
  const body = table.tBodies[0];
  const rows = Array.from(body.rows);
  const texts = new Map();
  const search = document.getElementById("search");
  const show = document.getElementById("show");
  const count = document.getElementById("count");
  const scores = (row) => Array.from(row.cells).slice(1).map((cell) => cell.dataset.score).filter((value) => value !== undefined);
  const kinds = {
    differ: (row) => new Set(scores(row)).size > 1,
    lower: (row) => row.querySelector(".value.lower") !== null,
    marked: (row) => row.querySelector("[data-mark]") !== null,
  };
  const textOf = (row) => {
    if (!texts.has(row)) texts.set(row, row.textContent.toLowerCase());
    return texts.get(row);
  };
  const filter = () => {
    const words = search.value.trim().toLowerCase();
    const fits = kinds[show.value] || (() => true);
    let shown = 0;
    for (const row of rows) {
      const visible = fits(row) && (!words || textOf(row).includes(words));
      row.hidden = !visible;
      if (visible) shown += 1;
    }
    count.textContent = `${shown.toLocaleString("en")} of ${rows.length.toLocaleString("en")} shown`;
  };
  const valueOf = (row, column) => {
    const value = row.cells[column + 1].dataset.score;
    return value === undefined ? null : Number(value);
  };
  const sort = (heading, headings) => {
    const by = heading.dataset.sort;
    const descending = heading.getAttribute("aria-sort") === "ascending";
    for (const each of headings) each.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", descending ? "descending" : "ascending");
    const sign = descending ? -1 : 1;
    const place = new Map(rows.map((row, index) => [row, index]));
    const compare = (a, b) => {
      if (by === "case") return sign * (place.get(a) - place.get(b));
      const first = valueOf(a, Number(by)), second = valueOf(b, Number(by));
      if (first === null || second === null) return (first === null) - (second === null) || place.get(a) - place.get(b);
      return sign * (first - second) || place.get(a) - place.get(b);
    };
    body.append(...[...rows].sort(compare));
  };
  const headings = Array.from(table.tHead.rows[0].cells);
  for (const heading of headings) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "sort";
    button.append(...heading.childNodes);
    heading.append(button);
    button.addEventListener("click", () => sort(heading, headings));
  }
  const form = document.getElementById("filters");
  form.hidden = false;
  form.addEventListener("submit", (event) => event.preventDefault());
  search.addEventListener("input", filter);
  show.addEventListener("change", filter);
  const whole = document.getElementById("whole");
  whole.addEventListener("change", () => table.classList.toggle("whole", whole.checked));
  body.addEventListener("click", (event) => {
    const row = event.target.closest("tr");
    if (row && !String(getSelection())) row.classList.toggle("open");
  });
  filter();
})();
