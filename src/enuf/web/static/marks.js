// What happened, as signs: each kind has a shape of its own, its colour only repeats it. The shapes are drawn, not letters of a font,
// because no font has them all.

import { svg } from "./dom.js";
import { label } from "./labels.js";

/** Of each kind: its tone, whether the charts show it, and its shape in a box of 12 × 12. */
const KINDS = {
  start: { tone: "good", mark: true, shape: "M3 1.5v9l7.5-4.5z", solid: true },
  generation: { tone: "plain", mark: false, shape: "M6 1.5 10.5 6 6 10.5 1.5 6z" },
  serving: { tone: "good", mark: true, shape: "M6 1.5 11 10.5H1z", solid: true },
  reload: { tone: "good", mark: true, shape: "M10 6a4 4 0 1 1-1.4-3M9 .5v3H6" },
  refused: { tone: "bad", mark: true, shape: "M2 2l8 8M10 2l-8 8" },
  hung: { tone: "warn", mark: true, shape: "M1.5 6a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0-9 0M6 3.5V6l2 1.5" },
  crash: { tone: "bad", mark: true, shape: "M7.5 .5 2.5 7H6l-1.5 4.5L10 5H6z", solid: true },
  stop: { tone: "plain", mark: true, shape: "M2.5 2.5h7v7h-7z", solid: true },
  warning: { tone: "warn", mark: false, shape: "M6 1.5V7M6 9.5v1" },
  note: { tone: "plain", mark: false, shape: "M4 6h4" },
};

const kindOf = (event) => KINDS[event.kind] ?? KINDS.note;

export const nameOf = (event) => label(`event.${Object.hasOwn(KINDS, event.kind) ? event.kind : "note"}`);
export const toneOf = (event) => kindOf(event).tone;

/** True for what is drawn into the charts. */
export const isMark = (event) => kindOf(event).mark;

const RANKS = ["bad", "good", "warn", "plain"];

/** Those of the events whose signs have room side by side; where it is crowded, the weightier ones. */
export function withRoom(events, xOf, room) {
  const taken = [];
  const byWeight = events.toSorted((one, other) => RANKS.indexOf(toneOf(one)) - RANKS.indexOf(toneOf(other)));
  for (const event of byWeight) if (taken.every((each) => Math.abs(xOf(each.at) - xOf(event.at)) >= room)) taken.push(event);
  return new Set(taken);
}

/** The sign of an event as a picture, for lists. */
export const icon = (event) =>
  svg("svg", { class: "icon", width: 12, height: 12, viewBox: "0 0 12 12", "aria-hidden": "true", focusable: "false" }, shape(event));

/** The same inside a chart, its middle at x, its top at y. */
export const iconAt = (event, x, y) => svg("g", { transform: `translate(${(x - 6).toFixed(1)} ${y})` }, shape(event));

const shape = (event) => svg("path", { d: kindOf(event).shape, class: kindOf(event).solid ? "sign solid" : "sign" });
