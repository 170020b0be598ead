// The figures of this moment.

import { el, keyed, say } from "./dom.js";
import { bytes, cores, count, duration, perSecond, share } from "./format.js";
import { label } from "./labels.js";

const NEED_FRONT = ["rate", "failed", "latency"];

const sum = (values) => values.reduce((all, value) => all + (value ?? 0), 0);

/** `[key, value, details, tone, sign]` of each tile; the sign says in a word what the tone says in colour. */
function figures(snapshot) {
  const { window, backlog } = snapshot;
  const latency = window?.latency ?? {};
  const failed = window?.failed ?? 0;
  const answers = window ? window.requests - window.closed : 0;
  const full = snapshot.slots > 0 && snapshot.busy >= snapshot.slots;
  const none = label("tile.noFigures");
  const cpu = snapshot.units.some((unit) => unit.cpu != null) ? cores(sum(snapshot.units.map((unit) => unit.cpu))) : "–";
  const wait = label("tile.wait", { time: duration(latency.wait_p95_s) });
  return [
    ["rate", window ? perSecond(window.rates.total) : "–", window ? label("tile.requestsOver", { n: window.requests, seconds: Math.round(window.seconds) }) : none],
    ["failed", window ? share(failed, answers) : "–", window ? label(answers || !window.closed ? "tile.failedOf" : "tile.closed", { failed, requests: answers }) : none, failed ? "bad" : "", failed ? label("tile.failing") : ""],
    ["latency", duration(latency.p95_s), label("tile.percentiles", { p50: duration(latency.p50_s), p99: duration(latency.p99_s) })],
    ["busy", snapshot.slots == null ? "–" : `${count(snapshot.busy)} / ${count(snapshot.slots)}`, label("about.size", { processes: snapshot.processes, threads: snapshot.threads }), full ? "warn" : "", full ? label("tile.allBusy") : ""],
    ["queue", backlog.limit == null ? count(backlog.queued) : `${count(backlog.queued)} / ${count(backlog.limit)}`, backlog.note || wait, backlog.queued > 0 ? "warn" : "", backlog.queued > 0 ? label("tile.waiting") : ""],
    ["memory", snapshot.memory_bytes ? bytes(snapshot.memory_bytes) : "–", label("tile.cpu", { cores: cpu })],
  ];
}

/** Show the figures. */
export function tiles(list, snapshot) {
  const measured = figures(snapshot).filter(([key]) => snapshot.front || !NEED_FRONT.includes(key));
  keyed(list, measured, ([key]) => key, make, update);
}

function make([key]) {
  return el(
    "div",
    { class: "tile", "data-tile": key },
    el("dt", null, label(`tile.${key}`), el("span", { class: "sign" })),
    el("dd", { class: "figure" }),
    el("dd", { class: "details" }),
  );
}

function update(node, [, value, details, tone, sign]) {
  node.className = `tile ${tone ?? ""}`;
  say(node.querySelector(".sign"), sign ?? "");
  say(node.querySelector(".figure"), value);
  say(node.querySelector(".details"), details);
}
