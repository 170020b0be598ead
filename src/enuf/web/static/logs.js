// The last lines of all logs, with the filters of `enuf logs`.

import { command } from "./copy.js";
import { el, keyed, say } from "./dom.js";
import { clock } from "./format.js";
import { label, labelOr } from "./labels.js";
import { storyLink } from "./story.js";

const EVERY_MS = 2000;
const RESTS = 10;
const BOTTOM_PX = 24;
const FLAGS = { grep: "--grep", layer: "--layer", status: "--status", slow: "--slow", id: "--id", since: "--since" };

/** Show lines as long as the panel is open: whenever the filter changes, and again and again while it follows. */
export function logs(panel) {
  const form = panel.querySelector("form");
  const view = new View(panel, form);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("change", () => view.refresh());
  panel.addEventListener("toggle", () => view.refresh());
  document.addEventListener("visibilitychange", () => view.refresh());
}

class View {
  constructor(panel, form) {
    this.panel = panel;
    this.form = form;
    this.lines = panel.querySelector("ol");
    this.note = panel.querySelector("[role=status]");
    this.equal = panel.querySelector(".equal");
    this.asked = "";
    this.timer = 0;
  }

  async refresh() {
    clearTimeout(this.timer);
    if (!this.panel.open || document.hidden) return;
    const asked = this.query();
    const { isDone, rest } = await this.load(asked);
    if (asked !== this.query()) return; // the change of the filter has asked anew
    clearTimeout(this.timer);
    if (!isDone || this.form.elements.follow.checked) this.timer = setTimeout(() => this.refresh(), rest);
  }

  query() {
    const given = Object.keys(FLAGS).map((name) => [name, this.form.elements[name].value.trim()]);
    return new URLSearchParams(given.filter(([, value]) => value)).toString();
  }

  /**
   * Ask once. Return whether there was an answer (another search may run), and after how many milliseconds to ask again: a search
   * that reads much rests long, so that looking costs the machine a tenth of a core at most.
   */
  async load(asked) {
    try {
      const answer = await fetch(`/api/logs?${asked}`, { cache: "no-store" });
      const found = answer.ok ? await answer.json() : await answer.text();
      if (asked !== this.query()) return { isDone: true, rest: EVERY_MS };
      if (answer.ok) this.show(found.records, asked);
      else if (answer.status === 400) this.refuse(found);
      return { isDone: answer.status !== 503, rest: Math.max(EVERY_MS, RESTS * 1000 * (found.took_s ?? 0)) };
    } catch {
      return { isDone: false, rest: EVERY_MS }; // the feed says that the connection is lost
    }
  }

  show(records, asked) {
    const isAtEnd = this.lines.scrollHeight - this.lines.scrollTop - this.lines.clientHeight < BOTTOM_PX;
    keyed(this.lines, numbered(records), ({ key }) => key, ({ record }) => row(record));
    if (isAtEnd || asked !== this.asked) this.lines.scrollTop = this.lines.scrollHeight;
    this.asked = asked;
    say(this.note, records.length === 0 ? label("logs.noMatch") : label("logs.count", { n: records.length }));
    const words = this.command();
    if (this.equal.dataset.text !== words) this.equal.replaceChildren(command(words));
    this.equal.dataset.text = words;
  }

  refuse(reason) {
    this.lines.replaceChildren();
    keyed(this.lines, [], () => "", () => null);
    say(this.note, reason);
  }

  /** What shows these lines in a terminal. */
  command() {
    const given = Object.entries(FLAGS).map(([name, flag]) => [flag, this.form.elements[name]]).filter(([, field]) => field.value.trim());
    return ["enuf logs", ...given.map(([flag, field]) => `${flag} ${quoted(field.selectedOptions?.[0].dataset.word ?? field.value.trim())}`)].join(" ");
  }
}

/** A word as a shell takes it. */
const quoted = (word) => (/^[\w%+,./:=@-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);

/** The records with keys: lines that are equal in all are told apart by their number. */
function numbered(records) {
  const times = new Map();
  return records.map((record) => {
    const key = `${record.at} ${record.layer} ${record.text}`;
    times.set(key, (times.get(key) ?? 0) + 1);
    return { record, key: `${key} ${times.get(key)}` };
  });
}

const row = ({ at, layer, status, text, id }) =>
  el(
    "li",
    { class: status >= 500 ? "failed" : null },
    el("time", null, clock(at)),
    " ",
    el("span", { class: "layer" }, labelOr(`layer.${layer}`, layer)),
    " ",
    el("span", { class: "text" }, text),
    id ? " " : null,
    id ? storyLink(id) : null,
  );
