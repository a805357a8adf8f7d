"use strict";
/* Keys, and the parts of a page that change. Nothing here makes HTML of texts: the server has escaped what it sends. */
(() => {
  const LOOK_EVERY_MS = 2000;
  let row = -1;
  let cell = -1;
  const rows = () => [...document.querySelectorAll("[data-row]")];
  /* Grades and ticks leave "?" alone, and use the other keys themselves. */
  const chooses = (target) => target.matches("input[type=radio], input[type=checkbox]");
  const isTyping = ({target, key}) =>
    target.matches("input, select, textarea, [contenteditable]") && !(chooses(target) && key === "?");

  function mark(newRow, newCell) {
    const all = rows();
    if (!all.length) return;
    row = Math.max(0, Math.min(newRow, all.length - 1));
    document.querySelectorAll(".current").forEach((each) => each.classList.remove("current"));
    all[row].classList.add("current");
    const cells = [...all[row].querySelectorAll("[data-cell]")];
    cell = Math.max(-1, Math.min(newCell, cells.length - 1));
    const place = cell >= 0 ? cells[cell] : all[row].querySelector("[data-open]") || all[row];
    if (cell >= 0) cells[cell].classList.add("current");
    place.focus({preventScroll: true});
    all[row].scrollIntoView({block: "nearest"});
  }

  /* From a case, "up" leads to the answers as they were filtered last. */
  const up = document.querySelector("[data-up]");
  try {
    if (/^\/runs\/[^/]+\/answers$/.test(location.pathname)) sessionStorage.setItem(location.pathname, location.search);
    else if (up && !up.search) up.search = sessionStorage.getItem(up.pathname) || "";
  } catch {
    /* Without storage it leads to all answers. */
  }
  const keys = {
    j: () => mark(row + 1, cell),
    k: () => mark(row - 1, cell),
    ArrowDown: () => row >= 0 && (mark(row + 1, cell), true),
    ArrowUp: () => row >= 0 && (mark(row - 1, cell), true),
    ArrowRight: () => row >= 0 && (mark(row, cell + 1), true),
    ArrowLeft: () => row >= 0 && (mark(row, cell - 1), true),
    Enter: (event) => {
      if (event.target.matches("a, button, summary")) return false;
      const open = row >= 0 && cell >= 0 && rows()[row].querySelector("[data-open]");
      if (open) open.click();
      return Boolean(open);
    },
    "/": () => document.querySelector("[data-search]")?.focus(),
    u: () => document.querySelector("[data-up]")?.click(),
    "?": () => document.getElementById("keys").showModal(),
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event) || !keys[event.key]) return;
    if (document.querySelector("dialog[open]")) return;
    if (keys[event.key](event) !== false) event.preventDefault();
  });

  for (const form of document.querySelectorAll("form[data-omit-empty]")) {
    form.addEventListener("submit", () => {
      for (const field of form.elements) if (field.name && field.value === "") field.disabled = true;
    });
    window.addEventListener("pageshow", () => {
      for (const field of form.elements) field.disabled = false;
    });
  }

  /* What scrolls can be reached by the keyboard, and what does not is no stop on the way. */
  function makeReachable() {
    for (const each of document.querySelectorAll("pre")) {
      const scrolls = each.scrollHeight > each.clientHeight || each.scrollWidth > each.clientWidth;
      if (scrolls) each.tabIndex = 0;
      else each.removeAttribute("tabindex");
    }
  }

  makeReachable();
  window.addEventListener("resize", makeReachable);
  document.addEventListener("toggle", makeReachable, true);

  /* Parts that say what keeps a button from being used; what needs them follows, and a page without its lists is renewed. */
  async function look(part) {
    const answer = await fetch(part.dataset.live, {cache: "no-store"}).catch(() => null);
    if (!answer?.ok || answer.redirected) return;
    const text = (await answer.text()).trim();
    if (text === part.innerHTML.trim()) return;
    if (!text && "renews" in part.dataset) location.reload();
    part.innerHTML = text;
    for (const button of document.querySelectorAll(`[data-needs="${CSS.escape(part.id)}"]`)) {
      button.disabled = Boolean(text);
      button.title = text ? part.querySelector("p").textContent : "";
    }
  }

  setInterval(() => {
    if (!document.hidden) document.querySelectorAll("[data-live]").forEach(look);
  }, LOOK_EVERY_MS);
})();
