// The story of one request: its lines in all logs. The part of the address after `#request=` names it, so that it can be sent to others.

import { command, markdownButton } from "./copy.js";
import { el } from "./dom.js";
import { clock, duration } from "./format.js";
import { label, labelOr } from "./labels.js";
import { storyMarkdown } from "./markdown.js";

const PREFIX = "#request=";
const AGAIN_MS = 1000;
const TRIES = 10;

/** A link to the story of a request. */
export const storyLink = (id, words = label("story.link")) =>
  el("a", { class: "story", href: PREFIX + encodeURIComponent(id), "aria-label": label("story.of", { id }) }, words);

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
  place.replaceChildren(el("p", { class: "empty" }, label("story.looking")));
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
    return label("feed.lostShort");
  }
}

function told(story, id) {
  const words = timeWords(story);
  return [
    el("p", null, command(`enuf logs --id ${id}`), " ", markdownButton(() => storyMarkdown(id, words, story.records), label("copy.story"))),
    words ? el("p", { class: "total" }, words) : null,
    story.records.length === 0
      ? el("p", { class: "empty" }, label("story.none"))
      : el("ol", { class: "lines", tabindex: 0, "aria-label": label("story.lines") }, ...story.records.map(line)),
  ].filter(Boolean);
}

/** The whole time and its parts, where they are known. */
function timeWords({ phases, total_s }) {
  if (total_s == null) return "";
  const parts = phases.map(({ name, lasts_s }) => label("slow.part", { name: labelOr(`slow.${name}`, name), time: duration(lasts_s) }));
  return parts.length ? label("story.total", { total: duration(total_s), parts: parts.join(" + ") }) : duration(total_s);
}

/** One line of a log. */
const line = ({ at, layer, text }) =>
  el("li", null, el("time", null, clock(at)), " ", el("span", { class: "layer" }, labelOr(`layer.${layer}`, layer)), " ", el("span", { class: "text" }, text));
