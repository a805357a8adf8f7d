"use strict";
/* Buttons that copy the text of an element to the clipboard. */
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  const text = button && document.getElementById(button.dataset.copy)?.textContent;
  if (!text) return;
  try {
    await navigator.clipboard.writeText(text);
    button.textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(document.getElementById(button.dataset.copy));
    button.textContent = "Marked: press Ctrl+C";
  }
});
