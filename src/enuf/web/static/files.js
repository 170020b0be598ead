// The rendered configuration files, each loaded when it is opened.

import { el } from "./dom.js";
import { fetched } from "./fetched.js";
import { label } from "./labels.js";

/** List the files of the running generation. */
export async function files(place) {
  const names = await fetched("/api/config");
  if (names?.length === 0) place.replaceChildren(el("p", { class: "empty" }, label("files.none")));
  else if (names) place.replaceChildren(...names.map(item));
}

function item(name) {
  const text = el("pre", { tabindex: 0, "aria-label": name }, label("files.loading"));
  const file = el("details", { class: "file" }, el("summary", null, name), text);
  file.addEventListener("toggle", () => file.open && load(text, name));
  return file;
}

async function load(text, name) {
  try {
    const answer = await fetch(`/api/config/${encodeURIComponent(name)}`, { cache: "no-store" });
    text.textContent = answer.ok ? await answer.text() : label("files.gone");
  } catch {
    text.textContent = label("files.lost");
  }
}
