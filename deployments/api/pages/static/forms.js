"use strict";
/* Files that are dropped on a form, parts that come later, and forms that are sent once. Texts are only ever texts. */
(() => {
  async function send(file, place) {
    const status = place.querySelector("[data-dropped]");
    status.textContent = `Checking ${file.name} …`;
    if (file.size > 20000000) {
      status.textContent = "The file is larger than 20 MB. `benchwright benchmarks add FILE` takes larger ones.";
      return;
    }
    let answer;
    try {
      answer = await fetch(`/files?name=${encodeURIComponent(file.name)}`, {
        method: "POST",
        headers: {"Content-Type": "application/octet-stream"},
        body: file,
      });
    } catch {
      status.textContent = "The server does not answer. Try again in a moment.";
      return;
    }
    const said = await answer.json().catch(() => ({detail: `The server answered ${answer.status}.`}));
    if (!answer.ok) {
      status.textContent = [said.detail, said.next_step].filter(Boolean).join(" — ");
      return;
    }
    const cases = said.n_cases === 1 ? "1 case" : `${said.n_cases} cases`;
    status.textContent = [`Stored as ${said.name}: ${cases}, ${said.task}.`, ...said.notes].join(" ");
    offer(said.name);
  }

  function offer(name) {
    for (const select of document.querySelectorAll("select[data-benchmarks]")) {
      const option = [...select.options].find((each) => each.value === name) || new Option(name, name);
      if (!option.isConnected) select.prepend(option);
      option.selected = true;
    }
    for (const box of document.querySelectorAll(".picks")) {
      const first = box.querySelector("input[name='benchmarks'], input[name$='.benchmarks']");
      if (!first) continue;
      let input = [...box.querySelectorAll("input")].find((each) => each.value === name);
      if (!input) {
        const label = document.createElement("label");
        input = first.cloneNode();
        input.value = name;
        label.append(input, ` ${name}`);
        box.prepend(label);
      }
      input.checked = true;
    }
  }

  function receive(place) {
    if (place.dataset.ready) return;
    place.dataset.ready = "1";
    const input = place.querySelector("input[type=file]");
    input.addEventListener("change", () => input.files[0] && send(input.files[0], place));
    for (const name of ["dragenter", "dragover"]) {
      place.addEventListener(name, (event) => {
        event.preventDefault();
        place.classList.add("over");
      });
    }
    place.addEventListener("dragleave", () => place.classList.remove("over"));
    place.addEventListener("drop", (event) => {
      event.preventDefault();
      place.classList.remove("over");
      if (event.dataTransfer.files[0]) send(event.dataTransfer.files[0], place);
    });
  }

  function sendOnce(form) {
    form.addEventListener("submit", (event) => {
      if (form.dataset.sent) event.preventDefault();
      form.dataset.sent = "1";
    });
    window.addEventListener("pageshow", () => delete form.dataset.sent);
  }

  function begin(root) {
    root.querySelectorAll("[data-drop]").forEach(receive);
    root.querySelectorAll("form[data-once]").forEach(sendOnce);
  }

  begin(document);
  document.getElementById("preview")?.focus();
  for (const part of document.querySelectorAll("[data-fetch]")) {
    fetch(part.dataset.fetch, {cache: "no-store"})
      .then(async (answer) => {
        if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
        part.innerHTML = await answer.text();
        begin(part);
      })
      .catch(() => {
        part.textContent = "The model servers could not be looked at. Load the page again.";
      });
  }
})();
