// The figures, asked for once a second while somebody looks.

import { language } from "./labels.js";

const EVERY_MS = 1000;
const GIVE_UP_MS = 5000;
const SLOWEST_MS = 5000;
const STALE_MS = 6000;

/** Calls `onSnapshot(snapshot)` for each new one and `onState(state)` after each try: `live`, `stale`, `lost`, `locked`, `paused`. */
export class Feed {
  constructor(onSnapshot, onState) {
    this.onSnapshot = onSnapshot;
    this.onState = onState;
    this.etag = "";
    this.changedAt = 0;
    this.failures = 0;
    this.isPaused = false;
    document.addEventListener("visibilitychange", () => !document.hidden && this.wake?.());
  }

  /** Stop asking, or go on at once. */
  pause(isPaused) {
    this.isPaused = isPaused;
    this.wake?.();
  }

  async run() {
    for (;;) {
      if (this.isPaused) this.onState("paused");
      else if (!document.hidden) {
        const [state, snapshot] = await this.ask();
        this.failures = state === "live" || state === "stale" ? 0 : this.failures + 1;
        if (snapshot && !this.isPaused) this.onSnapshot(snapshot);
        this.onState(this.isPaused ? "paused" : state);
      }
      await this.rest();
    }
  }

  /** One try: the state of the connection, and the snapshot when there is a new one. */
  async ask() {
    try {
      const headers = this.etag ? { "If-None-Match": this.etag } : {};
      const answer = await fetch(`/api/snapshot?lang=${language}`, { headers, cache: "no-store", signal: AbortSignal.timeout(GIVE_UP_MS) });
      if (answer.status === 401) return ["locked"];
      if (answer.status === 304) return [Date.now() - this.changedAt > STALE_MS ? "stale" : "live"];
      if (!answer.ok) return ["lost"];
      const snapshot = await answer.json();
      this.etag = answer.headers.get("ETag") ?? "";
      this.changedAt = Date.now();
      return ["live", snapshot];
    } catch {
      return ["lost"];
    }
  }

  rest() {
    const wait = Math.min(EVERY_MS * Math.max(1, this.failures), SLOWEST_MS);
    return new Promise((resolve) => {
      this.wake = resolve;
      setTimeout(resolve, wait);
    });
  }
}
