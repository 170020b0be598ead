// Generations and what happened to them, along the same time as the charts.

import { el, say, svg } from "./dom.js";
import { clock } from "./format.js";
import { label } from "./labels.js";
import { iconAt, isMark, nameOf, toneOf, withRoom } from "./marks.js";

const HEIGHT = 46;
const BAND = 20;
const MARK_PX = 13;
const EDGE = { left: 46, right: 10 };

/** A band per generation, and the marks of events above it. */
export class Timeline {
  constructor(cursor) {
    this.cursor = cursor;
    this.view = null;
    this.chosen = -1;
    this.picture = svg("svg", { "aria-hidden": "true", focusable: "false", height: HEIGHT });
    this.canvas = el("div", { class: "canvas low", tabindex: 0, role: "img", "aria-describedby": "plot-keys" }, this.picture);
    this.told = el("p", { class: "told note", role: "status", "aria-live": "polite" });
    this.node = el("figure", { class: "card plot timeline" }, el("figcaption", null, el("h3", null, label("timeline.title")), this.told), this.canvas);
    this.canvas.addEventListener("keydown", (event) => this.key(event));
    this.canvas.addEventListener("pointermove", (event) => this.hover(event));
    this.canvas.addEventListener("pointerleave", () => this.choose(-1));
    this.canvas.addEventListener("blur", () => this.choose(-1));
    cursor.follow(() => this.point());
    new ResizeObserver(() => this.paint()).observe(this.canvas);
  }

  show(view) {
    const before = this.marks?.[this.chosen];
    this.view = view;
    this.marks = view.events.filter((event) => isMark(event) && event.at >= view.from && event.at <= view.to);
    this.chosen = before ? this.marks.findIndex((event) => event.at === before.at && event.kind === before.kind) : -1;
    this.paint();
    if (document.activeElement !== this.canvas) this.canvas.setAttribute("aria-label", this.sentence());
  }

  x(at) {
    const { from, to } = this.view;
    return EDGE.left + ((at - from) / (to - from)) * (this.width - EDGE.left - EDGE.right);
  }

  paint() {
    this.width = this.canvas.clientWidth;
    if (!this.view || !this.width) return;
    this.picture.setAttribute("width", this.width);
    this.picture.setAttribute("viewBox", `0 0 ${this.width} ${HEIGHT}`);
    this.line = svg("g", { class: "cursor" });
    const signs = withRoom(this.marks, (at) => this.x(at), MARK_PX);
    this.picture.replaceChildren(...this.bands(), ...this.marks.map((event) => this.mark(event, signs.has(event))), this.line);
    this.point();
  }

  bands() {
    return generations(this.view).map(({ from, to, generation }, index) => {
      const left = this.x(from);
      const width = Math.max(2, this.x(to) - left - 1);
      const names = ["timeline.generation", "timeline.short"].map((key) => label(key, { number: String(generation) }));
      const name = names.find((each) => roomFor(each) <= width);
      const text = name ? svg("text", { x: left + 7, y: BAND + 17 }, name) : null;
      return svg("g", { class: `band ${index % 2 ? "odd" : "even"}` }, svg("rect", { x: left, y: BAND, width, height: 24, rx: 4 }), text);
    });
  }

  mark(event, withSign) {
    const at = this.x(event.at);
    return svg("g", { class: `mark ${toneOf(event)}` }, svg("line", { x1: at, x2: at, y1: BAND - 4, y2: HEIGHT }), withSign ? iconAt(event, at, 2) : null);
  }

  point() {
    if (!this.line) return;
    const at = this.cursor.at;
    const inside = at != null && at >= this.view.from && at <= this.view.to;
    this.line.replaceChildren(...(inside ? [svg("line", { x1: this.x(at), x2: this.x(at), y1: 0, y2: HEIGHT })] : []));
  }

  hover(event) {
    if (!this.marks) return;
    const x = event.clientX - this.canvas.getBoundingClientRect().left;
    const distances = this.marks.map((mark) => Math.abs(this.x(mark.at) - x));
    const least = Math.min(...distances);
    this.choose(least <= 12 ? distances.indexOf(least) : -1);
  }

  key(event) {
    const last = (this.marks?.length ?? 0) - 1;
    const here = this.chosen < 0 ? last + 1 : this.chosen;
    const steps = { ArrowLeft: Math.max(0, here - 1), ArrowRight: Math.min(last, here + 1), Home: 0, End: last, Escape: -1 };
    if (!(event.key in steps)) return;
    event.preventDefault();
    this.choose(Math.min(last, steps[event.key]));
  }

  choose(index) {
    this.chosen = index;
    const event = this.marks?.[index];
    say(this.told, event ? words(event) : "");
    this.cursor.move(event ? event.at : null, this);
  }

  sentence() {
    const bands = generations(this.view).map(({ from, generation }) => label("timeline.from", { number: String(generation), time: clock(from) }));
    return label("timeline.sentence", { bands: bands.join(", ") || label("timeline.none"), events: this.marks.map(words).join(". ") });
  }
}

const words = (event) => label("timeline.event", { time: clock(event.at), kind: nameOf(event), text: event.text });

/** About so many pixels a name takes in a band, with a margin; a Korean letter is as wide as two others. */
const roomFor = (name) => 10 + 6 * [...name].reduce((all, letter) => all + (letter >= "\u1100" ? 2 : 1), 0);

/** Which generation served from when to when, within the time shown. */
export function generations({ events, from, to, generation, startedAt }) {
  const changes = [];
  let begun = null;
  for (const event of events) {
    if (event.kind === "generation") begun = event.generation;
    if (event.kind === "serving" || event.kind === "reload") changes.push({ at: event.at, generation: event.generation ?? begun });
    if (event.kind === "start" || event.kind === "stop") changes.push({ at: event.at, generation: null });
  }
  const bands = changes.map((change, index) => ({ from: change.at, to: changes[index + 1]?.at ?? to, generation: change.generation })).filter((band) => band.generation);
  if (bands.length === 0 && generation) bands.push({ from: startedAt ?? from, to, generation });
  return bands.filter((band) => band.to > from && band.from < to).map((band) => ({ ...band, from: Math.max(from, band.from) }));
}
