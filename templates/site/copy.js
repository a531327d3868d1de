// Shows the copy buttons, which are of no use without this script, and copies the address that each one carries.
"use strict";

const told = document.querySelector("[data-copied]");

for (const button of document.querySelectorAll("button[data-copy]")) {
  const row = button.closest("li");
  const name = row && row.querySelector(".name");
  if (name) button.setAttribute("aria-label", button.textContent + ": " + name.textContent);
  button.hidden = false;
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button[data-copy]");
  if (!button || !(await copy(button.dataset.copy))) return;
  const words = button.textContent;
  if (words === told.dataset.copied) return;
  button.textContent = told.textContent = told.dataset.copied;
  setTimeout(() => {
    button.textContent = words;
    told.textContent = "";
  }, 2000);
});

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

// Where the page was not fetched securely, or the browser does not let it near the clipboard.
function copyBySelection(text) {
  const focused = document.activeElement;
  const field = document.body.appendChild(document.createElement("textarea"));
  field.className = "unseen";
  field.value = text;
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  if (focused) focused.focus();
  return done;
}
