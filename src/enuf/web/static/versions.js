// The generations compared: did the last reload make it slower, or faster?

import { el, keyed, say } from "./dom.js";
import { clock, count, duration, perSecond, share } from "./format.js";
import { label } from "./labels.js";
import { bodyIn, table } from "./table.js";

const HEADS = ["generation", "served", "rate", "p50", "p95", "errors"];
const ENOUGH = 20;
const NOTABLE = 0.1;
/** A difference of a millisecond is none that anybody feels. */
const NOTABLE_S = 0.001;
const NOTABLE_SHARE = 0.01;

/** Show the table; the whole part is hidden while one generation alone has served. */
export function versions(part, place, generations) {
  part.hidden = generations.length < 2;
  if (part.hidden) return;
  const heads = HEADS.map((name) => label(`versions.${name}`));
  const body = bodyIn(place, (rows) => [table("versions", [label("versions.caption")], heads, rows)]);
  const rows = generations.map((figures, index) => ({ figures, before: generations[index + 1] }));
  keyed(body, rows, ({ figures }) => `${figures.generation} ${figures.since}`, row, update);
}

const cell = (css, ...children) => el("td", { role: "cell", class: css, "data-label": HEADS.includes(css) ? label(`versions.${css}`) : "" }, ...children);

const row = ({ figures }) =>
  el(
    "tr",
    { role: "row" },
    el("th", { scope: "row", role: "rowheader" }, label("timeline.generation", { number: String(figures.generation) })),
    cell("served"),
    cell("rate"),
    ...["p50", "p95", "errors"].map((css) => cell(css, el("span"), " ", el("span", { class: "change" }))),
  );

function update(node, { figures, before }) {
  const [, served, rate, p50, p95, errors] = node.children;
  const times = { from: clock(figures.since), until: figures.until == null ? "" : clock(figures.until) };
  say(served, label(figures.until == null ? "versions.now" : "versions.span", times));
  say(rate, figures.requests ? perSecond(figures.per_s) : "–");
  rate.title = label("versions.requests", { n: figures.requests });
  const canCompare = before && figures.requests >= ENOUGH && before.requests >= ENOUGH;
  measure(p50, figures.p50_s, canCompare ? before.p50_s : null);
  measure(p95, figures.p95_s, canCompare ? before.p95_s : null);
  failures(errors, figures, canCompare ? before : null);
  if (before && !canCompare) change(p95, label("versions.few"), "");
}

/** A time, and how much longer or shorter it is than before. */
function measure(node, seconds, before) {
  say(node.firstChild, duration(seconds));
  if (seconds == null || before == null) return change(node, "", "");
  const part = (seconds - before) / before;
  if (!(Math.abs(part) >= NOTABLE && Math.abs(seconds - before) >= NOTABLE_S)) return change(node, label("versions.same"), "");
  const text = part > 1 ? `${(part + 1).toFixed(1)}×` : `${count(Math.round(100 * Math.abs(part)))} %`;
  return change(node, label(part > 0 ? "versions.slower" : "versions.faster", { change: text }), part > 0 ? "worse" : "better");
}

function failures(node, figures, before) {
  const part = figures.requests ? figures.failed / figures.requests : 0;
  say(node.firstChild, `${share(figures.failed, figures.requests)} (${count(figures.failed)})`);
  if (!before) return change(node, "", "");
  const more = part - before.failed / before.requests;
  if (Math.abs(more) < NOTABLE_SHARE) return change(node, "", "");
  return change(node, label(more > 0 ? "versions.moreErrors" : "versions.fewerErrors"), more > 0 ? "worse" : "better");
}

function change(node, words, tone) {
  say(node.lastChild, words);
  node.lastChild.className = `change ${tone}`;
}
