// The figures of this moment.

import { el, keyed, say } from "./dom.js";
import { bytes, cores, count, duration, share } from "./format.js";

const NEED_FRONT = ["rate", "failed", "latency"];

const sum = (values) => values.reduce((all, value) => all + (value ?? 0), 0);

/** `[key, title, value, details, tone, sign]` of each tile; the sign says in a word what the tone says in colour. */
function figures(snapshot) {
  const { window, backlog } = snapshot;
  const latency = window?.latency ?? {};
  const failed = sum(Object.entries(window?.by_status ?? {}).map(([status, times]) => (status.startsWith("5") ? times : 0)));
  const full = snapshot.slots > 0 && snapshot.busy >= snapshot.slots;
  const over = window ? `last ${Math.round(window.seconds)} s` : "no figures";
  const cpu = snapshot.units.some((unit) => unit.cpu != null) ? cores(sum(snapshot.units.map((unit) => unit.cpu))) : "–";
  return [
    ["rate", "Requests", window ? `${count(window.rates.total)} /s` : "–", window ? `${count(window.requests)} in the ${over}` : over],
    ["failed", "Errors (5xx)", window ? share(failed, window.requests) : "–", window ? `${count(failed)} of ${count(window.requests)}` : over, failed ? "bad" : "", failed ? "failing" : ""],
    ["latency", "Latency p95", duration(latency.p95_s), `p50 ${duration(latency.p50_s)} · p99 ${duration(latency.p99_s)}`],
    ["busy", "Threads busy", snapshot.slots == null ? "–" : `${count(snapshot.busy)} / ${count(snapshot.slots)}`, `${count(snapshot.processes)} processes × ${count(snapshot.threads)} threads`, full ? "warn" : "", full ? "all busy" : ""],
    ["queue", "Queue", backlog.limit == null ? count(backlog.queued) : `${count(backlog.queued)} / ${count(backlog.limit)}`, backlog.note || `p95 wait ${duration(latency.wait_p95_s)}`, backlog.queued > 0 ? "warn" : "", backlog.queued > 0 ? "waiting" : ""],
    ["memory", "Memory", snapshot.memory_bytes ? bytes(snapshot.memory_bytes) : "–", `CPU ${cpu} cores`],
  ];
}

/** Show the figures. */
export function tiles(list, snapshot) {
  const measured = figures(snapshot).filter(([key]) => snapshot.front || !NEED_FRONT.includes(key));
  keyed(list, measured, ([key]) => key, make, update);
}

function make([key, title]) {
  return el(
    "div",
    { class: "tile", "data-tile": key },
    el("dt", null, title, el("span", { class: "sign" })),
    el("dd", { class: "figure" }),
    el("dd", { class: "details" }),
  );
}

function update(node, [, , value, details, tone, sign]) {
  node.className = `tile ${tone ?? ""}`;
  say(node.querySelector(".sign"), sign ?? "");
  say(node.querySelector(".figure"), value);
  say(node.querySelector(".details"), details);
}
