// One chart: a picture for the eye, a sentence for the ear, numbers for pointer and keys.

import { el, say, svg } from "./dom.js";
import { clock, hourMinute } from "./format.js";
import { label } from "./labels.js";
import { iconAt, isMark, nameOf, toneOf, withRoom } from "./marks.js";
import { nearest, runs, ticks, timeTicks } from "./scale.js";

const ROOM = { left: 46, right: 10, top: 18, bottom: 22 };
const HEIGHT = 184;
const HOLE_S = 5;
const MARK_PX = 14;

/**
 * `shape`: {title, unit, smallest, whole, needsRequests, invites, format, series: [{key, label, css, area, value(point)}]}. Areas are stacked in their
 * order, lines are not. A chart that needs requests says in words that there were none; one that invites, how to send the first one. `cursor` is shared: all charts show the same moment.
 */
export class Plot {
  constructor(shape, cursor) {
    this.shape = shape;
    this.cursor = cursor;
    this.view = { points: [], events: [], from: 0, to: 1 };
    this.legend = shape.series.map((series) => ({ series, value: el("b", { class: "value" }) }));
    this.picture = svg("svg", { "aria-hidden": "true", focusable: "false", height: HEIGHT });
    this.tip = el("div", { class: "tip", hidden: true, "aria-hidden": "true" });
    this.nothing = el("p", { class: "nothing", hidden: true, "aria-hidden": "true" }, el("span"));
    this.canvas = el("div", { class: "canvas", tabindex: 0, role: "img", "aria-describedby": "plot-keys" }, this.picture, this.nothing, this.tip);
    this.spoken = el("p", { class: "unseen", role: "status", "aria-live": "polite" });
    this.when = el("span", { class: "when" });
    this.node = el(
      "figure",
      { class: "card plot" },
      el("figcaption", null, el("h3", null, shape.title), el("span", { class: "unit" }, shape.unit), this.when),
      el("ul", { class: "legend", "aria-hidden": "true" }, ...this.legend.map(legendItem)),
      this.canvas,
      this.spoken,
    );
    this.listen();
    new ResizeObserver(() => this.paint()).observe(this.canvas);
  }

  listen() {
    this.canvas.addEventListener("pointermove", (event) => this.cursor.move(this.timeAt(event), this));
    this.canvas.addEventListener("pointerleave", () => this.cursor.move(null, this));
    this.canvas.addEventListener("keydown", (event) => this.key(event));
    this.canvas.addEventListener("blur", () => this.cursor.move(null, this));
    this.cursor.follow(() => this.point());
  }

  /** Show these looks and events between two times. */
  show(view) {
    this.view = view;
    this.paint();
    if (document.activeElement !== this.canvas) this.canvas.setAttribute("aria-label", this.sentence());
  }

  // -- drawing

  paint() {
    const width = this.canvas.clientWidth;
    if (!width) return;
    this.width = width;
    const { points, from, to } = this.view;
    const shown = points.filter((point) => point.at >= from && point.at <= to);
    const stack = this.shape.series.filter((series) => series.area);
    const highest = Math.max(0, ...shown.map((point) => this.highest(point, stack)));
    this.shown = shown;
    this.marks = ticks(highest, this.shape.smallest, this.shape.whole);
    this.top = this.marks[this.marks.length - 1];
    this.isEmpty = this.shape.needsRequests === true && !shown.some((point) => point.rates.total > 0);
    this.nothing.hidden = !this.isEmpty;
    say(this.nothing.firstChild, this.nothingWords());
    this.picture.setAttribute("width", width);
    this.picture.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
    this.line = svg("g", { class: "cursor" });
    this.picture.replaceChildren(this.grid(), ...this.areas(stack), ...this.lines(), ...this.events(), this.line);
    this.point();
  }

  highest(point, stack) {
    const stacked = stack.reduce((sum, series) => sum + (series.value(point) ?? 0), 0);
    const lines = this.shape.series.filter((series) => !series.area).map((series) => series.value(point) ?? 0);
    return Math.max(stacked, ...lines);
  }

  x(at) {
    const { from, to } = this.view;
    return ROOM.left + ((at - from) / (to - from)) * (this.width - ROOM.left - ROOM.right);
  }

  y(value) {
    return HEIGHT - ROOM.bottom - (value / this.top) * (HEIGHT - ROOM.top - ROOM.bottom);
  }

  grid() {
    const { from, to } = this.view;
    const right = this.width - ROOM.right;
    const [times, step] = timeTicks(from, to, right - ROOM.left);
    const written = step < 60 ? clock : hourMinute;
    const marks = this.isEmpty ? [0] : this.marks;
    return svg(
      "g",
      { class: "grid" },
      ...marks.map((value) => svg("line", { x1: ROOM.left, x2: right, y1: this.y(value), y2: this.y(value) })),
      ...marks.map((value) => svg("text", { x: ROOM.left - 6, y: this.y(value) + 4, class: "y" }, this.isEmpty ? "" : this.shape.format(value, this.top))),
      ...times.filter((at) => this.x(at) < right - 14).map((at) => svg("text", { x: this.x(at), y: HEIGHT - 6, class: "x" }, written(at))),
    );
  }

  areas(stack) {
    const parts = [];
    for (const run of runs(this.shown, (point) => (stack.length ? stack[0].value(point) : null), HOLE_S)) {
      const floor = run.map(() => 0);
      for (const series of stack) {
        const low = run.map((point, index) => `${this.x(point.at)},${this.y(floor[index])}`).reverse();
        const high = run.map((point, index) => `${this.x(point.at)},${this.y((floor[index] += series.value(point) ?? 0))}`);
        if (!run.some((point) => series.value(point) > 0)) continue;
        parts.push(svg("path", { class: `area ${series.css}`, d: `M${high.join("L")}L${low.join("L")}Z` }));
        const edge = runs(run.map((point, index) => ({ at: point.at, hole: point.hole, top: floor[index], is: series.value(point) > 0 || null })), (each) => each.is, HOLE_S);
        for (const each of edge) parts.push(svg("path", { class: `edge ${series.css}`, d: this.path(each, (point) => point.top) }));
      }
    }
    return parts;
  }

  lines() {
    return this.shape.series
      .filter((series) => !series.area)
      .map((series) => {
        const parts = runs(this.shown, series.value, HOLE_S).map((run) => this.path(run, series.value));
        return svg("path", { class: `line ${series.css}`, d: parts.join("") });
      });
  }

  path(run, valueOf) {
    const steps = run.map((point) => `${this.x(point.at).toFixed(1)},${this.y(valueOf(point)).toFixed(1)}`);
    return `M${steps.join("L")}${steps.length === 1 ? "h0.1" : ""}`;
  }

  events() {
    const { events, from, to } = this.view;
    const marks = events.filter((event) => isMark(event) && event.at >= from && event.at <= to);
    const signs = withRoom(marks, (at) => this.x(at), MARK_PX);
    return marks.map((event) => {
      const at = this.x(event.at);
      const line = svg("line", { x1: at, x2: at, y1: ROOM.top - 4, y2: HEIGHT - ROOM.bottom });
      return svg("g", { class: `mark ${toneOf(event)}` }, line, signs.has(event) ? iconAt(event, at, 1) : null);
    });
  }

  // -- the moment under the pointer, or chosen with the keys

  timeAt(event) {
    const box = this.canvas.getBoundingClientRect();
    const part = (event.clientX - box.left - ROOM.left) / (box.width - ROOM.left - ROOM.right);
    return this.view.from + Math.min(1, Math.max(0, part)) * (this.view.to - this.view.from);
  }

  key(event) {
    const points = this.shown ?? [];
    const at = points.indexOf(this.chosen());
    const here = at < 0 ? points.length - 1 : at;
    const steps = { ArrowLeft: at < 0 ? here : here - 1, ArrowRight: here + 1, PageUp: here - 30, PageDown: here + 30, Home: 0, End: points.length - 1 };
    if (event.key === "Escape") this.cursor.move(null, this);
    else if (event.key in steps && points.length > 0) {
      const next = points[Math.min(points.length - 1, Math.max(0, steps[event.key]))];
      this.cursor.move(next.at, this);
      say(this.spoken, this.words(next).join(", "));
    } else return;
    event.preventDefault();
  }

  chosen() {
    return this.cursor.at == null ? null : nearest(this.shown ?? [], this.cursor.at);
  }

  point() {
    if (!this.shown) return;
    const chosen = this.chosen();
    const point = chosen ?? this.view.points[this.view.points.length - 1];
    for (const { series, value } of this.legend) say(value, point ? this.number(series.value(point)) : "–");
    say(this.when, chosen ? clock(chosen.at) : label("plot.now"));
    this.line.replaceChildren();
    this.tip.hidden = !(chosen && this.cursor.owner === this);
    if (!chosen) return;
    const x = this.x(chosen.at);
    this.line.append(svg("line", { x1: x, x2: x, y1: ROOM.top, y2: HEIGHT - ROOM.bottom }));
    if (this.tip.hidden) return;
    this.tip.replaceChildren(...this.words(chosen).map((text, index) => el(index ? "span" : "b", null, text)));
    const over = Math.max(4, Math.min(this.width - this.tip.offsetWidth - 4, x > this.width / 2 ? x - this.tip.offsetWidth - 10 : x + 10));
    this.tip.style.translate = `${over}px 0`;
  }

  number(value) {
    return value == null ? "–" : this.shape.format(value, value);
  }

  words(point) {
    const near = (this.view.to - this.view.from) / 120;
    const happened = this.view.events.filter((event) => isMark(event) && Math.abs(event.at - point.at) <= near);
    return [
      clock(point.at),
      ...this.shape.series.map((series) => this.valueWords(series, series.value(point))),
      ...happened.map((event) => label("event.kind", { kind: nameOf(event), text: event.text })),
    ];
  }

  /** Why there is nothing to see; the first chart alone says what to do. */
  nothingWords() {
    return this.view.isUnvisited && this.shape.invites ? label("plot.open", { url: this.view.url }) : label("plot.none");
  }

  valueWords(series, value) {
    return label("plot.value", { label: series.label, value: this.number(value) });
  }

  sentence() {
    const last = this.view.points[this.view.points.length - 1];
    const minutes = Math.round((this.view.to - this.view.from) / 60);
    const span = label("plot.span", { title: this.shape.title, unit: this.shape.unit, minutes });
    if (!last) return `${span} ${label("plot.noFigures")}`;
    if (this.isEmpty) return `${span} ${this.nothingWords()}`;
    const now = this.shape.series.map((series) => this.valueWords(series, series.value(last))).join(", ");
    const most = this.shape.series.map((series) => {
      const values = (this.shown ?? []).map(series.value).filter((value) => value != null);
      return values.length ? this.valueWords(series, Math.max(...values)) : null;
    });
    return `${span} ${label("plot.words", { now, most: most.filter(Boolean).join(", ") })}`;
  }
}

function legendItem({ series, value }) {
  const sample = series.area
    ? svg("rect", { x: 1, y: 1, width: 12, height: 10, rx: 2, class: `area ${series.css}` })
    : svg("path", { d: "M0 6h20", class: `line ${series.css}` });
  const swatch = svg("svg", { width: series.area ? 14 : 20, height: 12, focusable: "false" }, sample);
  return el("li", null, swatch, el("span", null, series.label), value);
}

/** The moment that all charts point at: a time, or null for now. */
export class Cursor {
  at = null;
  owner = null;
  followers = [];

  follow(each) {
    this.followers.push(each);
  }

  move(at, owner) {
    this.at = at;
    this.owner = at == null ? null : owner;
    for (const each of this.followers) each();
  }
}
