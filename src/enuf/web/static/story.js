// The story of one request: its lines in all logs. The part of the address after `#request=` names it, so that it can be sent to others.

import { command } from "./copy.js";
import { el } from "./dom.js";
import { clock, duration } from "./format.js";

const PREFIX = "#request=";
const AGAIN_MS = 1000;
const TRIES = 10;

/** A link to the story of a request. */
export const storyLink = (id, words = "story") =>
  el("a", { class: "story", href: PREFIX + encodeURIComponent(id), "aria-label": `Story of the request ${id}` }, words);

/** Open the story that the address names, now and whenever it changes. */
export function stories(dialog) {
  const follow = () => named() && open(dialog, named());
  addEventListener("hashchange", follow);
  dialog.addEventListener("close", () => history.replaceState(null, "", location.pathname));
  dialog.querySelector("button").addEventListener("click", () => dialog.close());
  follow();
}

/** The id in the address; empty where there is none, or none that can be read. */
function named() {
  try {
    return location.hash.startsWith(PREFIX) ? decodeURIComponent(location.hash.slice(PREFIX.length)) : "";
  } catch {
    return "";
  }
}

async function open(dialog, id) {
  const [, place] = dialog.children;
  place.replaceChildren(el("p", { class: "empty" }, "Looking through the logs…"));
  if (!dialog.open) dialog.showModal();
  const found = await ask(`/api/story?id=${encodeURIComponent(id)}`);
  if (named() === id) place.replaceChildren(...(typeof found === "string" ? [el("p", { class: "empty" }, found)] : told(found, id)));
}

/** The story, or a sentence about why there is none. */
async function ask(address, tries = TRIES) {
  try {
    const answer = await fetch(address, { cache: "no-store" });
    if (answer.ok) return await answer.json();
    if (answer.status === 503 && tries > 1) {
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
      return await ask(address, tries - 1);
    }
    return await answer.text();
  } catch {
    return "The connection to the dashboard is lost.";
  }
}

function told({ records, phases, total_s }, id) {
  const parts = phases.map((phase) => `${phase.name} ${duration(phase.lasts_s)}`).join(" + ");
  const words = total_s == null ? "" : parts ? `${duration(total_s)} = ${parts}` : duration(total_s);
  return [
    el("p", null, command(`enuf logs --id ${id}`)),
    words ? el("p", { class: "total" }, words) : null,
    records.length === 0
      ? el("p", { class: "empty" }, "No line of the logs names this request: it is too old, or it has not ended yet.")
      : el("ol", { class: "lines", tabindex: 0, "aria-label": "Lines of all logs" }, ...records.map(line)),
  ].filter(Boolean);
}

/** One line of a log. */
export const line = ({ at, layer, text }) =>
  el("li", null, el("time", null, clock(at)), " ", el("span", { class: "layer" }, layer), " ", el("span", { class: "text" }, text));
