// The page: one snapshot a second, shown in its parts.

import { doctor } from "./doctor.js";
import { Feed } from "./feed.js";
import { favicon } from "./favicon.js";
import { files } from "./files.js";
import { cores, count, duration, inMegabytes, megabytes } from "./format.js";
import { beside } from "./beside.js";
import { el, keyed, say } from "./dom.js";
import { advice, alerts, freshness, head, toneOf } from "./head.js";
import { Hour } from "./hour.js";
import { label } from "./labels.js";
import { lanes } from "./lanes.js";
import { errors, events, units } from "./lists.js";
import { logs } from "./logs.js";
import { ordered } from "./order.js";
import { Cursor, Plot } from "./plot.js";
import { routes } from "./routes.js";
import { smoothed } from "./scale.js";
import { slow } from "./slow.js";
import { stories } from "./story.js";
import { tiles } from "./tiles.js";
import { Timeline } from "./timeline.js";
import { versions } from "./versions.js";

const part = (id) => document.getElementById(id);
const rate = (name) => (point) => point.rates[name];
const CPU_MEAN_S = 5;
const SECONDS_OF_FIGURES = 600;
const latency = (name) => (point) => point.latency[name];

const SHAPES = [
  {
    title: label("plot.throughput"),
    needsFront: true,
    needsRequests: true,
    invites: true,
    unit: label("plot.throughputUnit"),
    smallest: 3,
    format: count,
    series: ["2xx", "3xx", "1xx", "4xx", "5xx"].map((name) => ({ key: name, label: name, css: `s${name}`, area: true, value: rate(`s${name}`) })),
  },
  {
    title: label("plot.latency"),
    needsFront: true,
    needsRequests: true,
    unit: label("plot.latencyUnit"),
    smallest: 0.003,
    format: duration,
    series: [
      { key: "p50", label: "p50", css: "p50", value: latency("p50_s") },
      { key: "p95", label: "p95", css: "p95", value: latency("p95_s") },
      { key: "p99", label: "p99", css: "p99", value: latency("p99_s") },
      { key: "wait", label: label("plot.p95wait"), css: "wait", value: latency("wait_p95_s") },
    ],
  },
  {
    title: label("plot.threads"),
    unit: label("plot.threadsUnit"),
    smallest: 3,
    whole: true,
    format: count,
    series: [
      { key: "busy", label: label("plot.busy"), css: "busy", area: true, value: (point) => point.busy },
      { key: "slots", label: label("plot.slots"), css: "slots", value: (point) => point.slots },
      { key: "queued", label: label("plot.queued"), css: "queued", value: (point) => point.queued },
    ],
  },
  {
    title: label("plot.cpu"),
    unit: label("plot.cpuUnit"),
    smallest: 0.3,
    format: cores,
    series: [{ key: "cpu", label: label("plot.cores"), css: "cpu", area: true, value: (point) => point.cpu }],
  },
  {
    title: label("plot.memory"),
    unit: label("plot.memoryUnit"),
    smallest: 30,
    format: megabytes,
    series: [{ key: "rss", label: label("plot.memorySeries"), css: "memory", area: true, value: (point) => (point.memory_bytes ? inMegabytes(point.memory_bytes) : null) }],
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
  versions(part("versions-part"), part("versions"), snapshot.generations ?? []);
  routes(part("routes-part"), part("routes"), snapshot);
  lanes(part("lanes"), part("lanes-note"), snapshot);
  slow(part("slow"), snapshot.slow);
  errors(part("errors"), snapshot.error_groups, snapshot.errors);
  events(part("events"), snapshot);
  beside(part("beside-part"), part("beside"), snapshot.beside ?? [], snapshot.jobs ?? []);
  units(part("units"), snapshot.units);
  keyed(part("notes"), snapshot.notes, (text) => text, (text) => el("li", null, text));
  if (generation !== snapshot.generation) files(part("files"));
  generation = snapshot.generation;
}

function showPlots() {
  const seconds = Number(part("range").querySelector(":checked").value);
  const startedAt = last.uptime_s == null ? null : last.at - last.uptime_s;
  const points = smoothed(hour.joined(last.history), "cpu", CPU_MEAN_S);
  const isUnvisited = last.state !== "stopping" && !points.some((point) => point.rates.total > 0);
  part("longer").hidden = seconds <= SECONDS_OF_FIGURES;
  const view = { points, isUnvisited, url: last.url, events: last.events, generation: last.generation, startedAt, from: last.at - seconds, to: last.at };
  for (const plot of plots) {
    plot.node.hidden = !last.front && plot.shape?.needsFront === true;
    plot.show(view);
  }
}

function pause(isPaused) {
  part("pause").setAttribute("aria-pressed", String(isPaused));
  say(part("pause"), label(isPaused ? "page.resume" : "page.pause"));
  feed.pause(isPaused);
}

function follow(state) {
  document.body.classList.toggle("old", state !== "live");
  favicon(toneOf(last, state));
  alerts(part("alerts"), last, freshness(part("feed"), state, feed.changedAt, last?.state));
}

part("range").addEventListener("change", () => last && showPlots());
part("pause").addEventListener("click", () => pause(!feed.isPaused));
const hour = new Hour(() => last && !feed.isPaused && showPlots());
const feed = new Feed(show, follow);
feed.run();
hour.run();
stories(part("story"));
logs(part("logs"));
doctor(part("doctor"));
