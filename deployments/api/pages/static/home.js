"use strict";
/* Parts of pages that are kept fresh: the server has escaped what it sends, and only what has changed is touched. */
(() => {
  const EVERY_MS = 700;
  const SLOWEST_MS = 5000;
  const state = document.querySelector("[data-state]");
  const tell = (text) => {
    if (state && state.textContent !== text) state.textContent = text;
  };

  const keyOf = (node) => (node.nodeType === 1 ? node.getAttribute("data-key") : null);
  const isAlike = (node, fresh) =>
    node.nodeType === fresh.nodeType && node.nodeName === fresh.nodeName && keyOf(node) === keyOf(fresh);

  function updateAttributes(place, fresh) {
    for (const {name, value} of fresh.attributes) {
      if (name !== "open" && place.getAttribute(name) !== value) place.setAttribute(name, value);
    }
    for (const {name} of [...place.attributes]) {
      if (name !== "open" && !fresh.hasAttribute(name)) place.removeAttribute(name);
    }
  }

  function update(place, fresh) {
    const keyed = new Map([...place.children].filter(keyOf).map((each) => [keyOf(each), each]));
    let here = place.firstChild;
    for (const next of [...fresh.childNodes]) {
      const key = keyOf(next);
      const same = key ? keyed.get(key) : here && isAlike(here, next) ? here : null;
      if (!same || !isAlike(same, next)) {
        place.insertBefore(next, here);
        continue;
      }
      if (same === here) here = here.nextSibling;
      else place.insertBefore(same, here);
      if (same.nodeType !== 1) {
        if (same.data !== next.data) same.data = next.data;
      } else {
        updateAttributes(same, next);
        update(same, next);
      }
    }
    while (here) {
      const gone = here;
      here = here.nextSibling;
      gone.remove();
    }
  }

  function show(part, text) {
    const focused = document.activeElement;
    const fresh = new DOMParser().parseFromString(`<div>${text}</div>`, "text/html").body.firstChild;
    update(part, fresh);
    if (focused && focused.isConnected && focused !== document.activeElement) focused.focus({preventScroll: true});
  }

  async function refresh(part, seen) {
    const headers = seen.tag ? {"If-None-Match": seen.tag} : {};
    const answer = await fetch(part.dataset.refresh, {headers, cache: "no-store"});
    if (answer.redirected || answer.status === 401) {
      location.reload();
      return;
    }
    if (answer.status !== 304 && !answer.ok) throw new Error(String(answer.status));
    if (answer.ok) {
      show(part, await answer.text());
      seen.tag = answer.headers.get("ETag");
    }
    tell("");
  }

  for (const part of document.querySelectorAll("[data-refresh]")) {
    const seen = {tag: null};
    let wait = EVERY_MS;
    const look = async () => {
      if (!document.hidden) {
        try {
          await refresh(part, seen);
          wait = EVERY_MS;
        } catch {
          wait = Math.min(2 * wait, SLOWEST_MS);
          tell("The server does not answer now; what is shown is old. Trying again.");
        }
      }
      setTimeout(look, wait);
    };
    setTimeout(look, wait);
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) refresh(part, seen).catch(() => null);
    });
  }
})();
