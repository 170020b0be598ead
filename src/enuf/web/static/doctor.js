// The doctor's findings, and the page of each code.

import { el, keyed, say } from "./dom.js";
import { fetched } from "./fetched.js";
import { clock } from "./format.js";
import { label, labelParts, language } from "./labels.js";

const EVERY_MS = 30_000;
const SOON_MS = 500;

/** Ask for the findings as long as the page is open. */
export async function doctor(place) {
  for (;;) {
    const checkup = document.hidden ? null : await fetched(`/api/findings?lang=${language}`);
    if (checkup) show(place, checkup);
    await new Promise((resolve) => setTimeout(resolve, checkup?.state === "running" ? SOON_MS : EVERY_MS));
  }
}

function show(place, checkup) {
  if (!place.querySelector("ul")) place.replaceChildren(el("p", { class: "note" }), el("ul", { class: "findings" }));
  const [note, list] = place.children;
  say(note, sentence(checkup));
  keyed(list, checkup.findings, (finding) => [finding.code, finding.file, finding.line, finding.message].join(" "), item);
}

function sentence({ state, findings, checked, at, why }) {
  if (state === "running") return label("doctor.running");
  if (state === "failed") return why ? label("doctor.failed", { why }) : label("doctor.late");
  const time = clock(at);
  const files = label("doctor.files", { n: checked.length });
  return findings.length === 0 ? label("doctor.clean", { files, time }) : label("doctor.found", { n: findings.length, files, time });
}

function item(finding) {
  const { code, severity } = finding;
  const page = el("pre", { tabindex: 0, "aria-label": label("doctor.pageOf", { code }) }, label("doctor.loading"));
  const more = el("details", { class: "page" }, el("summary", null, label("doctor.means", { code })), page);
  more.addEventListener("toggle", () => load(page, code), { once: true });
  return el(
    "li",
    null,
    el("p", null, el("span", { class: `severity ${severity}` }, label(`doctor.${severity}`)), " ", el("b", null, code), ` ${finding.name}`),
    el("p", { class: "place" }, `${finding.file}:${finding.line}`),
    el("p", null, finding.message),
    finding.hint ? el("p", null, ...labelParts("doctor.fix", { hint: el("code", null, finding.hint) })) : null,
    more,
  );
}

async function load(page, code) {
  try {
    const answer = await fetch(`/api/explain/${encodeURIComponent(code)}?lang=${language}`);
    page.textContent = answer.ok ? await answer.text() : label("doctor.run", { code });
  } catch {
    page.textContent = label("doctor.run", { code });
  }
}
