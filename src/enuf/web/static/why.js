// "Why?" beside a failed request: the verdict of the live doctor.

import { el } from "./dom.js";
import { label, labelParts, language } from "./labels.js";

const SOON_MS = 500;
const TRIES = 80;
const HERE = new Set(["127.0.0.1", "localhost", "[::1]"]);

/** A button that asks why this request fails, `GET /cart`; null where the dashboard cannot ask it again. */
export function why(request) {
  if (!request?.startsWith("GET /") || !HERE.has(location.hostname)) return null;
  const button = el("button", { type: "button", class: "small", "aria-label": label("why.of", { request }) }, label("why.ask"));
  const place = el("div", { class: "why", role: "status" });
  button.addEventListener("click", () => answer(button, place, request));
  return el("div", null, button, place);
}

async function answer(button, place, request) {
  button.disabled = true;
  place.replaceChildren(label("why.running"));
  place.replaceChildren(...shown(await verdict(request)));
  button.disabled = false;
}

/** The verdict; null without one. The doctor runs on its own, so the page asks until there is a result. */
async function verdict(request) {
  const query = new URLSearchParams({ request, lang: language });
  for (let left = TRIES; left > 0; left -= 1) {
    try {
      const reply = await fetch(`/api/why?${query}`, { cache: "no-store" });
      const found = reply.ok ? await reply.json() : null;
      if (found?.state !== "running") return found?.state === "done" ? found : null;
    } catch {
      return null;
    }
    await new Promise((resolve) => setTimeout(resolve, SOON_MS));
  }
  return null;
}

function shown(found) {
  if (!found) return [label("why.none")];
  const { finding, status, ruled_out, next_steps } = found;
  if (finding) {
    return [
      el("p", null, el("b", null, finding.code), ` ${finding.message}`),
      el("ul", null, ...(finding.evidence ?? []).map((line) => el("li", null, el("code", null, line)))),
      finding.hint ? el("p", null, ...labelParts("doctor.fix", { hint: el("code", null, finding.hint) })) : null,
    ].filter(Boolean);
  }
  if (status && status < 500) return [label("why.works", { status })];
  return [el("p", null, label("why.unproven")), el("ul", null, ...ruled_out.map((text) => el("li", null, text)), ...next_steps.map((text) => el("li", null, el("code", null, text))))];
}
