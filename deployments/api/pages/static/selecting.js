"use strict";
/* Marks on cases: `x` marks the current row, `X` all that the filter leaves. The marks are fields of one form, and are
   kept for all pages of the run's answers as long as the tab is open. */
(() => {
  const boxes = () => [...document.querySelectorAll("[data-select]")];
  const all = document.querySelector("[data-all]");
  const count = document.querySelector("[data-marked]");
  const form = document.getElementById("selection");
  if (!all || !form) return;
  const place = `marked cases of ${location.pathname}`;

  function kept() {
    try {
      return new Set(JSON.parse(sessionStorage.getItem(place) || "[]"));
    } catch {
      return new Set();
    }
  }

  function keep(marked) {
    try {
      sessionStorage.setItem(place, JSON.stringify([...marked]));
    } catch {
      /* Without storage the marks hold for this page. */
    }
  }

  function show(marked) {
    const here = new Set(boxes().map((box) => box.value));
    for (const box of boxes()) box.disabled = all.checked;
    form.querySelectorAll("input[data-elsewhere]").forEach((each) => each.remove());
    for (const id of marked) {
      if (here.has(id) || all.checked) continue;
      const field = document.createElement("input");
      Object.assign(field, {type: "hidden", name: "case", value: id});
      field.dataset.elsewhere = "";
      form.append(field);
    }
    count.textContent = marked.size;
    form.querySelector("[data-clear]").hidden = !marked.size;
  }

  function note() {
    const marked = kept();
    for (const box of boxes()) {
      if (box.checked) marked.add(box.value);
      else marked.delete(box.value);
    }
    keep(marked);
    show(marked);
  }

  function restore() {
    const marked = kept();
    for (const box of boxes()) box.checked = marked.has(box.value);
    show(marked);
  }

  document.addEventListener("change", note);
  window.addEventListener("pageshow", restore);
  form.querySelector("[data-clear]").addEventListener("click", () => {
    keep(new Set());
    restore();
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.target.matches("textarea, select, input:not([type=checkbox])")) return;
    const row = document.activeElement.closest("[data-row]") || document.querySelector("[data-row].current");
    const box = event.key === "X" ? all : event.key === "x" && row?.querySelector("[data-select]");
    if (!box || (box !== all && box.disabled)) return;
    box.checked = !box.checked;
    note();
    event.preventDefault();
  });
})();
