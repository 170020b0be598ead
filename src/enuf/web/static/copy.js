// Buttons that copy a text.

import { el, say } from "./dom.js";

const SAID_MS = 1500;

/** A button that copies the text of the moment; `what` names the text for a screen reader. */
export function copyButton(text, what) {
  const button = el("button", { type: "button", class: "small", "aria-label": `Copy ${what}` }, "copy");
  button.addEventListener("click", async () => {
    say(button, (await copied(text, button)) ? "copied" : "press Ctrl-C");
    setTimeout(() => say(button, "copy"), SAID_MS);
  });
  return button;
}

/** A command of the terminal with its button. */
export const command = (text) => el("span", { class: "command" }, el("code", null, text), " ", copyButton(text, text));

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
