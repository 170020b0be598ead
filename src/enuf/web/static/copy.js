// Buttons that copy a text.

import { el, say } from "./dom.js";
import { label } from "./labels.js";

const SAID_MS = 1500;

/** A button that copies what `text()` returns at that moment; `what` names the text for a screen reader. */
export function copyButton(text, what, word = label("copy.copy")) {
  const button = el("button", { type: "button", class: "small", "aria-label": label("copy.what", { what }) }, word);
  button.addEventListener("click", async () => {
    say(button, label((await copied(text(), button)) ? "copy.copied" : "copy.byHand"));
    setTimeout(() => say(button, word), SAID_MS);
  });
  return button;
}

/** A button that copies as Markdown what `text()` returns. */
export const markdownButton = (text, what) => copyButton(text, what, label("copy.markdown"));

/** A command of the terminal with its button. */
export const command = (text) => el("span", { class: "command" }, el("code", null, text), " ", copyButton(() => text, text));

/** Lines for a file with their button. */
export const lines = (text) => el("div", { class: "quoted" }, copyButton(() => text, text), el("pre", { tabindex: 0 }, text));

/** Browsers give the clipboard to pages of this machine and of HTTPS only: elsewhere the text is selected to be copied by hand. */
async function copied(text, button) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const code = button.parentElement?.querySelector("code, pre");
    if (code) getSelection().selectAllChildren(code);
    return false;
  }
}
