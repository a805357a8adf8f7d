"use strict";
/* Marks on cases: `x` marks the current row, `X` all that the filter leaves. The marks are fields of one form. */
(() => {
  const boxes = () => [...document.querySelectorAll("[data-select]")];
  const all = document.querySelector("[data-all]");
  const count = document.querySelector("[data-marked]");
  if (!all) return;

  function show() {
    count.textContent = boxes().filter((box) => box.checked).length;
    for (const box of boxes()) box.disabled = all.checked;
  }

  document.addEventListener("change", show);
  window.addEventListener("pageshow", show);
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.target.matches("textarea, select, input:not([type=checkbox])")) return;
    const row = document.activeElement.closest("[data-row]") || document.querySelector("[data-row].current");
    const box = event.key === "X" ? all : event.key === "x" && row?.querySelector("[data-select]");
    if (!box || (box !== all && box.disabled)) return;
    box.checked = !box.checked;
    show();
    event.preventDefault();
  });
})();
