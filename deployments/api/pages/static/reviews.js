"use strict";
/* Keys of the rating page: everything is an ordinary form, which works without this file too. */
(() => {
  const form = document.querySelector("[data-rating]");
  const writes = (target) => target.matches("textarea, select, input:not([type=radio]):not([type=checkbox])");
  const groups = () => (form ? [...form.querySelectorAll("[data-grade], [data-better]")] : []);
  const isFilled = (group) => Boolean(group.querySelector("input:checked"));
  const radiosOf = (group) => [...group.querySelectorAll("input[type=radio]")];

  function current() {
    const all = groups();
    return all.find((group) => group.contains(document.activeElement)) || all.find((group) => !isFilled(group)) || all[0];
  }

  function goTo(group) {
    if (!group) return;
    const radios = radiosOf(group);
    (radios.find((radio) => radio.checked) || radios[0]).focus({preventScroll: true});
    group.scrollIntoView({block: "nearest"});
  }

  function move(step) {
    const all = groups();
    if (all.length) goTo(all[Math.max(0, Math.min(all.indexOf(current()) + step, all.length - 1))]);
  }

  function choose(group, value) {
    const radio = group && radiosOf(group).find((each) => each.value === value);
    if (!radio) return;
    radio.checked = true;
    const all = groups();
    const next = all.slice(all.indexOf(group) + 1).find((each) => !isFilled(each)) || all.find((each) => !isFilled(each));
    if (next) goTo(next);
    else document.querySelector("[data-store]").focus();
  }

  function letter(value) {
    const better = form.querySelector("[data-better]");
    if (better) choose(better, value);
    else if (value !== "tie") goTo(form.querySelector(`[data-letter="${value}"] [data-grade]`));
  }

  const keys = {
    s: () => document.querySelector("[data-skip]")?.click(),
    z: () => document.querySelector("[data-undo]")?.requestSubmit(),
  };
  if (form) {
    for (const grade of "12345") keys[grade] = () => form.querySelector("[data-better]") || choose(current(), grade);
    for (const each of "abcd") keys[each] = () => letter(each.toUpperCase());
    Object.assign(keys, {
      t: () => letter("tie"),
      n: () => form.querySelector("[data-notes]").focus(),
      j: () => move(1),
      k: () => move(-1),
      Enter: () => form.requestSubmit(),
    });
  }

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    if (event.key === "Escape" && event.target.matches("[data-notes]")) {
      document.querySelector("[data-store]").focus();
      return;
    }
    if (writes(event.target) || !keys[event.key]) return;
    if (event.key === "Enter" && event.target.matches("a, button, summary")) return;
    keys[event.key]();
    event.preventDefault();
  });
  if (form) goTo(current());
  else document.querySelector("a[data-go]")?.focus();
})();
