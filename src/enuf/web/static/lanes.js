// Workers × threads: what each does right now, and at the last looks.

import { el, keyed, say, svg } from "./dom.js";
import { bytes, cores, duration } from "./format.js";
import { label, labelOr } from "./labels.js";

const LOOKS = 60;
const LONG_S = 1;
const HOLE_S = 10;

const past = new Map();
let lastAt = 0;

/** Show the workers of a snapshot. */
export function lanes(list, note, snapshot) {
  remember(snapshot);
  keyed(list, snapshot.workers, (worker) => `${worker.generation}/${worker.id}`, makeWorker, updateWorker);
  const several = new Set(snapshot.workers.map((worker) => worker.generation)).size > 1;
  const text = snapshot.workers.length === 0 ? label("workers.none") : label("workers.strips", { n: LOOKS });
  say(note, several ? `${text} ${label("workers.several")}` : text);
}

function remember({ at, workers }) {
  if (at - lastAt > HOLE_S) past.clear();
  lastAt = at;
  const alive = new Set();
  for (const worker of workers) {
    for (const core of worker.cores) {
      const key = keyOf(worker, core);
      alive.add(key);
      const looks = past.get(key) ?? [];
      looks.push(core.busy ? (core.since_s >= LONG_S ? 2 : 1) : 0);
      past.set(key, looks.slice(-LOOKS));
    }
  }
  for (const key of past.keys()) if (!alive.has(key)) past.delete(key);
}

const keyOf = (worker, core) => `${worker.pid}/${core.id}`;

function makeWorker() {
  return el(
    "section",
    { class: "card worker" },
    el("div", { class: "headline" }, el("h3"), el("span", { class: "note" })),
    el("p", { class: "details" }),
    el("ul", { class: "threads" }),
  );
}

function updateWorker(node, worker) {
  const [line, details, threads] = node.children;
  say(line.children[0], label("workers.worker", { number: worker.id }));
  say(line.children[1], label("workers.of", { number: String(worker.generation), status: labelOr(`workers.${worker.status}`, worker.status) }));
  const parts = [
    worker.pid > 0 ? label("workers.pid", { pid: String(worker.pid) }) : label("workers.noProcess"),
    bytes(worker.pss_bytes ?? worker.rss_bytes),
    worker.cpu == null ? null : label("workers.cores", { cores: cores(worker.cpu) }),
    worker.requests == null ? null : label("workers.requests", { n: worker.requests }),
  ];
  say(details, parts.filter(Boolean).join(" · "));
  node.dataset.status = worker.status;
  keyed(threads, worker.cores.map((core) => ({ worker, core })), ({ core }) => core.id, makeThread, updateThread);
}

function makeThread({ core }) {
  const strip = svg("svg", { class: "strip", viewBox: `0 0 ${LOOKS} 10`, preserveAspectRatio: "none", "aria-hidden": "true", focusable: "false" });
  return el("li", { class: "thread" }, el("span", { class: "number" }, label("workers.thread", { number: core.id + 1 })), strip, el("span", { class: "doing" }, el("span"), el("span")));
}

function updateThread(node, { worker, core }) {
  const [, strip, doing] = node.children;
  const looks = past.get(keyOf(worker, core)) ?? [];
  const first = LOOKS - looks.length;
  strip.replaceChildren(...stretches(looks).map(([from, to, level]) => bar(first + from, to - from, level)));
  node.classList.toggle("busy", core.busy);
  node.classList.toggle("long", core.busy && core.since_s >= LONG_S);
  say(doing.firstChild, core.busy ? `${core.method || label("workers.doing")} ${core.path}` : label("workers.idle"));
  say(doing.lastChild, core.busy && core.since_s ? duration(core.since_s) : "");
  doing.title = core.request_id ? label("workers.request", { id: core.request_id }) : "";
}

/** Looks of the same kind in a row, as `[from, to, level]`. */
function stretches(looks) {
  const found = [];
  looks.forEach((level, index) => {
    const last = found[found.length - 1];
    if (last && last[2] === level) last[1] = index + 1;
    else found.push([index, index + 1, level]);
  });
  return found;
}

/** The longer the work, the taller the bar; idle is a thin line. */
function bar(x, width, level) {
  const height = [1.5, 7, 10][level];
  return svg("rect", { x, width, y: 10 - height, height, class: `level${level}` });
}
