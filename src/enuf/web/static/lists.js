// Lists of things that happened: errors, events, processes.

import { command, copyButton, markdownButton } from "./copy.js";
import { el, keyed, say } from "./dom.js";
import { bytes, clock, cores } from "./format.js";
import { label, labelOr } from "./labels.js";
import { errorMarkdown } from "./markdown.js";
import { icon, nameOf, toneOf } from "./marks.js";
import { storyLink } from "./story.js";
import { why } from "./why.js";

const EVENTS_SHOWN = 60;
const REPEATED = new Set(["hung", "crash", "warning", "note"]);

/** The list of this tag inside `place`, or the sentence when there is nothing to list. */
function listIn(place, items, tag, sentence, attributes) {
  if (items.length === 0) {
    if (place.firstChild?.textContent !== sentence) place.replaceChildren(el("p", { class: "empty" }, sentence));
    return null;
  }
  const found = place.querySelector(tag);
  if (found) return found;
  const list = el(tag, attributes);
  place.replaceChildren(list);
  return list;
}

/** The errors that are alike, with their counts; the traceback is that of the latest. */
export function errors(place, groups, records) {
  const list = listIn(place, groups, "ul", label("errors.none"), { class: "errors", tabindex: 0, "aria-label": label("errors.list") });
  if (list) keyed(list, groups, groupKey, errorItem, (node, group) => errorNews(node, group, records));
}

/** Alike are errors of one layer and line whose texts differ in numbers only. */
const groupKey = ({ layer, text, where }) => [layer, text.replaceAll(/\d+/g, "*"), where].join(" ");

function errorItem({ layer, where }) {
  return el(
    "li",
    null,
    el(
      "details",
      null,
      el("summary", null, el("b", { class: "times" }), " ", el("time"), " ", el("span", { class: "layer" }, labelOr(`layer.${layer}`, layer)), " ", el("span", { class: "text" }), where ? el("span", { class: "place" }, ` ${where}`) : null, el("span", { class: "route" })),
      el("div", { class: "more" }),
    ),
  );
}

function errorNews(node, group, records) {
  const [summary, more] = node.firstChild.children;
  say(summary.querySelector(".times"), group.count > 1 ? label("errors.times", { n: group.count }) : "");
  say(summary.querySelector("time"), clock(group.last_at));
  say(summary.querySelector(".text"), group.text);
  say(summary.querySelector(".route"), group.request ? ` ${group.request}` : "");
  const latest = records.find((record) => record.layer === group.layer && record.text === group.text && record.at === group.last_at);
  const version = `${group.last_at} ${group.id} ${latest ? latest.traceback.length : ""}`;
  if (more.dataset.version === version) return;
  if (isInUse(more)) return;
  more.dataset.version = version;
  more.replaceChildren(...details(group, latest).filter(Boolean));
}

/** True while somebody has the focus, marks text in it, or has asked why: the doctor's own request is an error of the same kind. */
const isInUse = (node) => node.querySelector(".why:not(:empty)") || node.contains(document.activeElement) || (!getSelection().isCollapsed && getSelection().containsNode(node, true));

function details(group, latest) {
  const { count: times, first_at, request, id, text, where } = group;
  const since = times > 1 ? label("errors.since", { time: clock(first_at) }) : "";
  const head = [since, request ? label("errors.latest", { request }) : ""].filter(Boolean).join(", ");
  const facts = [[times > 1 ? label("errors.times", { n: times }) : "", head].filter(Boolean).join(" "), where, id ? `enuf logs --id ${id}` : ""];
  const markdown = () => errorMarkdown(text, facts.filter(Boolean), latest?.traceback ?? "");
  return [
    head ? el("p", { class: "note" }, head) : null,
    why(request),
    id ? el("p", null, storyLink(id, label("story.linkLong")), " ", command(`enuf logs --id ${id}`)) : null,
    el("p", null, markdownButton(markdown, label("copy.error"))),
    latest?.traceback ? el("div", { class: "quoted" }, copyButton(() => latest.traceback, label("copy.traceback")), el("pre", { tabindex: 0, "aria-label": label("errors.traceback") }, latest.traceback)) : null,
  ];
}

/** What happened to the stack, the newest first; events in a row that are alike are one. */
export function events(place, { events: all, exits, slow, errors: records }) {
  const shown = runs(all).slice(-EVENTS_SHOWN).reverse();
  const list = listIn(place, shown, "ol", label("events.none"), { class: "events", tabindex: 0, "aria-label": label("events.list") });
  if (list) keyed(list, shown, (run) => `${run.first_at} ${run.event.kind} ${run.like}`, eventItem, (node, run) => eventNews(node, run, proofOf(run.event, slow, records)));
  const words = exitWords(exits);
  if (place.lastChild.className !== "exits") place.append(el("p", { class: "exits" }));
  say(place.lastChild, words ? label("events.exits", { words }) : "");
}

/** Events in a row that differ in ids and numbers only, as one with their count. */
function runs(all) {
  const found = [];
  for (const event of all) {
    const like = event.text.replaceAll(/\d+/g, "*");
    const last = found[found.length - 1];
    if (last && REPEATED.has(event.kind) && last.event.kind === event.kind && last.like === like) Object.assign(last, { event, times: last.times + 1 });
    else found.push({ event, like, first_at: event.at, times: 1 });
  }
  return found;
}

function eventItem({ event }) {
  return el(
    "li",
    { class: toneOf(event) },
    icon(event),
    el("time"),
    el("span", null, el("span", { class: "unseen" }, label("event.kind", { kind: nameOf(event), text: "" })), el("span", { class: "text" }), " ", el("b", { class: "times" }), el("span", { class: "request" })),
  );
}

/** The stack of the request that was ended, or the traceback of the reload that was refused. */
function proofOf(event, slow, records) {
  if (event.kind === "hung") return slow.find((request) => request.id === event.id)?.stack ?? "";
  if (event.kind === "refused") return records.find((record) => record.layer === "enuf" && record.at === event.at)?.traceback ?? "";
  return "";
}

function eventNews(node, { event, first_at, times }, proof) {
  say(node.querySelector("time"), clock(event.at));
  say(node.querySelector(".text"), event.text);
  say(node.querySelector(".times"), times > 1 ? `${label("events.times", { n: times, time: clock(first_at) })} ` : "");
  const request = node.querySelector(".request");
  const version = `${event.id} ${proof.length}`;
  if (request.dataset.version === version || isInUse(request)) return;
  request.dataset.version = version;
  const stack = proof ? el("details", null, el("summary", null, label(event.kind === "hung" ? "slow.stack" : "errors.traceback")), el("pre", { tabindex: 0 }, proof)) : null;
  const links = event.id ? [storyLink(event.id), " ", copyButton(() => event.id, event.id)] : [];
  request.replaceChildren(...[...links, stack].filter(Boolean));
}

const EXITS = ["signal", "oom", "timeout", "exit", "start"];

const exitWords = (exits) =>
  EXITS.filter((reason) => exits?.[reason]).map((reason) => label(`events.${reason}`, { n: exits[reason] })).join(", ");

/** The processes and what they cost. */
export function units(place, processes) {
  const body = listIn(place, processes, "tbody", label("units.none"));
  if (!body) return;
  if (!body.parentElement.matches("table")) {
    const heads = ["part", "process", "memory", "resident", "cores"].map((name) => label(`units.${name}`));
    place.replaceChildren(
      el(
        "table",
        { class: "units" },
        el("caption", null, label("units.caption")),
        el("thead", null, el("tr", null, ...heads.map((text) => el("th", { scope: "col" }, text)))),
        body,
      ),
    );
  }
  keyed(body, processes, (process) => process.pid, unitRow, unitNumbers);
}

/** `worker 5101`, in the language of the page. */
function roleOf({ role, pid }) {
  const name = `units.role${role.slice(0, 1).toUpperCase()}${role.slice(1)}`;
  return labelOr(name, `${role} ${pid}`, { pid: String(pid) });
}

function unitRow(process) {
  return el("tr", null, el("td", null, labelOr(`units.${process.unit}`, process.unit)), el("td", null, roleOf(process)), el("td", { class: "number" }), el("td", { class: "number" }), el("td", { class: "number" }));
}

function unitNumbers(node, process) {
  say(node.children[2], bytes(process.pss_bytes ?? process.rss_bytes));
  say(node.children[3], bytes(process.rss_bytes));
  say(node.children[4], cores(process.cpu));
}
