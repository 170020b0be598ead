// The doctor's findings, and the page of each code.

import { el, keyed, say } from "./dom.js";
import { clock } from "./format.js";

const EVERY_MS = 30_000;
const SOON_MS = 500;
const SIGNS = { error: "✕ error", warning: "! warning", advice: "· advice" };

/** Ask for the findings as long as the page is open. */
export async function doctor(place) {
  for (;;) {
    const checkup = document.hidden ? null : await get("/api/findings");
    if (checkup) show(place, checkup);
    await new Promise((resolve) => setTimeout(resolve, checkup?.state === "running" ? SOON_MS : EVERY_MS));
  }
}

async function get(address) {
  try {
    const answer = await fetch(address, { cache: "no-store" });
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}

function show(place, checkup) {
  if (!place.querySelector("ul")) place.replaceChildren(el("p", { class: "note" }), el("ul", { class: "findings" }));
  const [note, list] = place.children;
  say(note, sentence(checkup));
  keyed(list, checkup.findings, (finding) => [finding.code, finding.file, finding.line, finding.message].join(" "), item);
}

function sentence({ state, findings, checked, at, why }) {
  if (state === "running") return "Looking…";
  if (state === "failed") return `No answer: ${why}.`;
  const files = `${checked.length} ${checked.length === 1 ? "file" : "files"}, ${clock(at)}`;
  if (findings.length === 0) return `Nothing found in ${files}.`;
  return `${findings.length} ${findings.length === 1 ? "finding" : "findings"} in ${files}. enuf doctor --fix cures what is safe to cure.`;
}

function item(finding) {
  const page = el("pre", { tabindex: 0, "aria-label": `Page of ${finding.code}` }, "Loading…");
  const more = el("details", { class: "page" }, el("summary", null, `What ${finding.code} means`), page);
  more.addEventListener("toggle", () => load(page, finding.code), { once: true });
  return el(
    "li",
    null,
    el("p", null, el("span", { class: `severity ${finding.severity}` }, SIGNS[finding.severity]), " ", el("b", null, finding.code), ` ${finding.name}`),
    el("p", { class: "place" }, `${finding.file}:${finding.line}`),
    el("p", null, finding.message),
    finding.hint ? el("p", null, "Fix: ", el("code", null, finding.hint)) : null,
    more,
  );
}

async function load(page, code) {
  try {
    const answer = await fetch(`/api/explain/${encodeURIComponent(code)}?lang=${encodeURIComponent(navigator.language)}`);
    page.textContent = answer.ok ? await answer.text() : `Run: enuf explain ${code}`;
  } catch {
    page.textContent = `Run: enuf explain ${code}`;
  }
}
