// The page: one snapshot a second, shown in its parts.

import { doctor } from "./doctor.js";
import { Feed } from "./feed.js";
import { favicon } from "./favicon.js";
import { files } from "./files.js";
import { cores, count, duration, inMegabytes, megabytes } from "./format.js";
import { el, keyed, say } from "./dom.js";
import { advice, alerts, freshness, head, toneOf } from "./head.js";
import { lanes } from "./lanes.js";
import { errors, events, units } from "./lists.js";
import { logs } from "./logs.js";
import { ordered } from "./order.js";
import { Cursor, Plot } from "./plot.js";
import { routes } from "./routes.js";
import { slow } from "./slow.js";
import { stories } from "./story.js";
import { tiles } from "./tiles.js";
import { Timeline } from "./timeline.js";

const part = (id) => document.getElementById(id);
const rate = (name) => (point) => point.rates[name];
const latency = (name) => (point) => point.latency[name];

const SHAPES = [
  {
    title: "Throughput",
    needsFront: true,
    unit: "answers per second, by status",
    smallest: 3,
    format: count,
    series: ["2xx", "3xx", "1xx", "4xx", "5xx"].map((name) => ({ key: name, label: name, css: `s${name}`, area: true, value: rate(`s${name}`) })),
  },
  {
    title: "Latency",
    needsFront: true,
    unit: "to the whole answer, and in the queue",
    smallest: 0.003,
    format: duration,
    series: [
      { key: "p50", label: "p50", css: "p50", value: latency("p50_s") },
      { key: "p95", label: "p95", css: "p95", value: latency("p95_s") },
      { key: "p99", label: "p99", css: "p99", value: latency("p99_s") },
      { key: "wait", label: "p95 wait", css: "wait", value: latency("wait_p95_s") },
    ],
  },
  {
    title: "Threads and queue",
    unit: "at work, and waiting",
    smallest: 3,
    whole: true,
    format: count,
    series: [
      { key: "busy", label: "busy", css: "busy", area: true, value: (point) => point.busy },
      { key: "slots", label: "threads", css: "slots", value: (point) => point.slots },
      { key: "queued", label: "waiting", css: "queued", value: (point) => point.queued },
    ],
  },
  {
    title: "CPU",
    unit: "cores in use by the workers",
    smallest: 0.3,
    format: cores,
    series: [{ key: "cpu", label: "cores", css: "cpu", area: true, value: (point) => point.cpu }],
  },
  {
    title: "Memory",
    unit: "whole stack",
    smallest: 30,
    format: megabytes,
    series: [{ key: "rss", label: "memory", css: "memory", area: true, value: (point) => (point.memory_bytes ? inMegabytes(point.memory_bytes) : null) }],
  },
];

ordered(part);
const cursor = new Cursor();
const plots = [new Timeline(cursor), ...SHAPES.map((shape) => new Plot(shape, cursor))];
part("plots").append(...plots.map((plot) => plot.node));

let last = null;
let generation = null;

function show(snapshot) {
  last = snapshot;
  head({ state: part("state"), app: part("app"), about: part("about") }, snapshot);
  advice(part("advice"), snapshot.advice);
  tiles(part("tiles"), snapshot);
  showPlots();
  routes(part("routes-part"), part("routes"), snapshot);
  lanes(part("lanes"), part("lanes-note"), snapshot);
  slow(part("slow"), snapshot.slow);
  errors(part("errors"), snapshot.error_groups, snapshot.errors);
  events(part("events"), snapshot.events, snapshot.exits);
  units(part("units"), snapshot.units);
  const hasTraffic = snapshot.history.some((point) => point.rates.total > 0);
  part("no-traffic").hidden = !snapshot.front || hasTraffic;
  say(part("no-traffic"), `No request yet: open ${snapshot.url}, and the charts fill.`);
  keyed(part("notes"), snapshot.notes, (text) => text, (text) => el("li", null, text));
  if (generation !== snapshot.generation) files(part("files"));
  generation = snapshot.generation;
}

function showPlots() {
  const seconds = Number(part("range").querySelector(":checked").value);
  const startedAt = last.uptime_s == null ? null : last.at - last.uptime_s;
  const view = { points: last.history, events: last.events, generation: last.generation, startedAt, from: last.at - seconds, to: last.at };
  for (const plot of plots) {
    plot.node.hidden = !last.front && plot.shape?.needsFront === true;
    plot.show(view);
  }
}

function follow(state) {
  document.body.classList.toggle("old", state !== "live");
  favicon(toneOf(last, state));
  alerts(part("alerts"), last, freshness(part("feed"), state, feed.changedAt));
}

part("range").addEventListener("change", () => last && showPlots());
const feed = new Feed(show, follow);
feed.run();
stories(part("story"));
logs(part("logs"));
doctor(part("doctor"));
