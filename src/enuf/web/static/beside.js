// What runs beside the web app: processes that are kept running, and commands at certain times.

import { el, keyed, say } from "./dom.js";
import { clock } from "./format.js";
import { label, labelOr } from "./labels.js";
import { bodyIn, table } from "./table.js";

const HEADS = ["name", "state", "pid", "restarts", "end", "next"];

/** Show the table; the whole part is hidden while only the app runs. */
export function beside(part, place, processes, jobs) {
  part.hidden = processes.length + jobs.length === 0;
  if (part.hidden) return;
  const body = bodyIn(place, (rows) => [table("beside", [label("beside.caption")], HEADS.map((name) => label(`beside.${name}`)), rows)]);
  const items = [...processes.map(ofProcess), ...jobs.map(ofJob)];
  keyed(body, items, (item) => item.name, row, update);
}

const ofProcess = ({ name, state, pid, restarts, last_end: end, again_at: next }) => ({ name, about: "", state, pid, restarts, end, next });

function ofJob({ name, times, pid, last_result: result, last_at: at, last_end: end, next_at: next }) {
  const ended = at == null || !result ? "" : result === "failed" ? `${clock(at)}: ${end}` : clock(at);
  return { name, about: times, state: pid == null ? result || "due" : "running", pid, restarts: null, end: ended, next };
}

const row = ({ name }) =>
  el("tr", { role: "row" }, el("th", { scope: "row", role: "rowheader" }, name, el("span", { class: "times" })), ...HEADS.slice(1).map((head) => el("td", { role: "cell", class: head, "data-label": label(`beside.${head}`) })));

function update(node, { about, state, pid, restarts, end, next }) {
  const [name, ...cells] = node.children;
  say(name.lastChild, about ? ` ${about}` : "");
  const texts = [labelOr(`beside.${state}`, state), String(pid ?? "–"), String(restarts ?? "–"), end || "–", next == null ? "–" : clock(next)];
  cells.forEach((cell, index) => say(cell, texts[index]));
  node.classList.toggle("worse", state === "failed" || state === "waiting");
}
