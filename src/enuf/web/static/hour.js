// The last hour in steps of ten seconds: what is older than the figures of each second.

import { fetched } from "./fetched.js";

const EVERY_MS = 10_000;
const HOLES = 2.5;

/** Keeps the points of the last hour, and calls `onChange` whenever there are new ones. */
export class Hour {
  points = [];

  constructor(onChange) {
    this.onChange = onChange;
  }

  async run() {
    for (;;) {
      if (!document.hidden) await this.ask();
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    }
  }

  async ask() {
    const past = await fetched("/api/history");
    if (!past) return;
    this.points = past.points.map((point) => ({ ...point, hole: HOLES * past.step_s }));
    this.onChange();
  }

  /** The points of the hour, then those of each second, oldest first. */
  joined(recent) {
    const first = recent.length ? recent[0].at : Infinity;
    return [...this.points.filter((point) => point.at < first), ...recent];
  }
}
