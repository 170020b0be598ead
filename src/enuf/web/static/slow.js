// The slow requests, and where their time went.

import { command } from "./copy.js";
import { el, keyed, svg } from "./dom.js";
import { clock, duration } from "./format.js";
import { label } from "./labels.js";
import { storyLink } from "./story.js";
import { bodyIn, table } from "./table.js";
import { why } from "./why.js";

const PHASES = [
  ["wait", "wait_s"],
  ["app", "app_s"],
  ["send", "send_s"],
];
const HEADS = ["ended", "request", "status", "took", "where"];

/** Show the requests; `place` holds a table, or a sentence when there are none. */
export function slow(place, requests) {
  if (requests.length === 0) return place.replaceChildren(el("p", { class: "empty" }, label("slow.none")));
  const heads = HEADS.map((name) => label(`slow.${name}`));
  const body = bodyIn(place, (rows) => [
    el("div", { class: "scroll", tabindex: 0, role: "region", "aria-labelledby": "slow-title" }, table("slow", caption(), heads, rows)),
  ]);
  const longest = Math.max(...requests.map((request) => request.total_s));
  keyed(body, requests, (request) => `${request.at} ${request.id}`, row, (node, request) => stretch(node, request.total_s / longest));
}

const caption = () => [label("slow.caption"), " ", ...PHASES.map(([css]) => el("span", { class: "key" }, phaseSample(css), label(`slow.${css}Means`)))];

const phaseSample = (css) => svg("svg", { width: 12, height: 10, "aria-hidden": "true", focusable: "false" }, svg("rect", { width: 12, height: 10, rx: 2, class: `phase ${css}` }));

const cell = (css, ...children) => el("td", { role: "cell", class: css }, ...children);

function row(request) {
  const bad = request.status >= 500 || request.hung;
  return el(
    "tr",
    { role: "row" },
    cell("when", clock(request.at)),
    cell("what", story(request)),
    cell(`status ${bad ? "bad" : ""}`, request.hung ? label("slow.hung") : String(request.status || "–")),
    cell("took", duration(request.total_s)),
    cell("phases", el("div", { class: "split" }, el("div", null, phaseBar(request)), el("span", { class: "numbers" }, ...phaseWords(request)))),
  );
}

function story(request) {
  const links = request.id ? el("p", null, storyLink(request.id, label("story.linkLong")), " ", command(`enuf logs --id ${request.id}`)) : null;
  const hung = request.hung ? el("p", null, label("slow.hungMeans")) : null;
  const stack = request.stack ? el("pre", { tabindex: 0, "aria-label": label("slow.stack") }, request.stack) : null;
  const name = [el("span", { class: "method" }, request.method), ` ${request.path}`];
  const asked = request.status >= 500 || request.hung ? why(`${request.method} ${request.path}`) : null;
  if (!links && !hung && !stack && !asked) return el("span", null, ...name);
  return el("details", null, el("summary", null, ...name), hung, asked, links, stack);
}

/** The parts that are known, as `[css, name, seconds]`; wait and app are one where nothing tells them apart. */
function partsOf(request) {
  const known = PHASES.filter(([, key]) => request[key] != null).map(([css, key]) => [css, label(`slow.${css}`), request[key]]);
  if (request.app_s != null || request.send_s == null) return known;
  return [["unknown", label("slow.unknown"), Math.max(0, request.total_s - request.send_s)], ...known];
}

function phaseBar(request) {
  const bar = svg("svg", { class: "bar", viewBox: "0 0 100 10", preserveAspectRatio: "none", "aria-hidden": "true", focusable: "false" });
  let from = 0;
  for (const [css, , seconds] of partsOf(request)) {
    const width = (100 * seconds) / (request.total_s || 1);
    if (width > 0) bar.append(svg("rect", { x: from, width, height: 10, class: `phase ${css}` }));
    from += width;
  }
  if (from === 0) bar.append(svg("rect", { width: 100, height: 10, class: "phase unknown" }));
  return bar;
}

function phaseWords(request) {
  const parts = partsOf(request).map(([, name, seconds]) => label("slow.part", { name, time: duration(seconds) }));
  if (parts.length === 0) return [label("slow.notMeasured")];
  return parts.flatMap((part, index) => [index ? " · " : "", el("span", { class: "part" }, part)]);
}

function stretch(node, part) {
  node.querySelector(".bar").style.width = `${Math.max(4, 100 * part).toFixed(1)}%`;
}
