// Lists of things that happened: errors, events, processes.

import { command, copyButton } from "./copy.js";
import { el, keyed, say } from "./dom.js";
import { bytes, clock, cores, count } from "./format.js";
import { icon, nameOf, toneOf } from "./marks.js";
import { storyLink } from "./story.js";

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
  const list = listIn(place, groups, "ul", "None since the start.", { class: "errors", tabindex: 0, "aria-label": "Errors, latest first" });
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
      el("summary", null, el("b", { class: "times" }), " ", el("time"), " ", el("span", { class: "layer" }, layer), " ", el("span", { class: "text" }), where ? el("span", { class: "place" }, ` ${where}`) : null),
      el("div", { class: "more" }),
    ),
  );
}

function errorNews(node, group, records) {
  const [summary, more] = node.firstChild.children;
  say(summary.querySelector(".times"), group.count > 1 ? `${count(group.count)}×` : "");
  say(summary.querySelector("time"), clock(group.last_at));
  say(summary.querySelector(".text"), group.text);
  const latest = records.find((record) => record.layer === group.layer && record.text === group.text && record.at === group.last_at);
  const version = `${group.last_at} ${group.id} ${latest ? latest.traceback.length : ""}`;
  if (more.dataset.version === version) return;
  if (isInUse(more)) return;
  more.dataset.version = version;
  more.replaceChildren(...details(group, latest).filter(Boolean));
}

/** True while somebody has the focus or marks text in it. */
const isInUse = (node) => node.contains(document.activeElement) || (!getSelection().isCollapsed && getSelection().containsNode(node, true));

function details({ count: times, first_at, request, id }, latest) {
  const since = times > 1 ? `since ${clock(first_at)}` : "";
  const head = [since, request ? `latest in ${request}` : ""].filter(Boolean).join(", ");
  return [
    head ? el("p", { class: "note" }, head) : null,
    id ? el("p", null, storyLink(id, "story of the request"), " ", command(`enuf logs --id ${id}`)) : null,
    latest?.traceback ? el("div", { class: "quoted" }, copyButton(latest.traceback, "the traceback"), el("pre", { tabindex: 0, "aria-label": "Traceback" }, latest.traceback)) : null,
  ];
}

/** What happened to the stack, the newest first; events in a row that are alike are one. */
export function events(place, all, exits) {
  const shown = runs(all).slice(-EVENTS_SHOWN).reverse();
  const list = listIn(place, shown, "ol", "Nothing yet.", { class: "events", tabindex: 0, "aria-label": "Events, newest first" });
  if (list) keyed(list, shown, (run) => `${run.first_at} ${run.event.kind} ${run.like}`, eventItem, eventNews);
  const words = exitWords(exits);
  if (place.lastChild.className !== "exits") place.append(el("p", { class: "exits" }));
  say(place.lastChild, words ? `Workers that ended unasked since the start: ${words}.` : "");
}

/** Events in a row that differ in ids and numbers only, as one with their count. */
function runs(all) {
  const found = [];
  for (const event of all) {
    const like = event.text.replaceAll(/id=\S+|\d+/g, "*");
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
    el("span", null, el("span", { class: "unseen" }, `${nameOf(event)}: `), el("span", { class: "text" }), " ", el("b", { class: "times" }), el("span", { class: "request" })),
  );
}

function eventNews(node, { event, first_at, times }) {
  const id = / id=(\S+)/.exec(event.text)?.[1];
  say(node.querySelector("time"), clock(event.at));
  say(node.querySelector(".text"), event.text.replace(/ id=\S+/, ""));
  say(node.querySelector(".times"), times > 1 ? `${count(times)}× since ${clock(first_at)} ` : "");
  const request = node.querySelector(".request");
  if (id && id !== "unknown" && request.dataset.id !== id) request.replaceChildren(storyLink(id));
  request.dataset.id = id ?? "";
}

const EXITS = { signal: "by a signal", oom: "for lack of memory", timeout: "by the time limit", exit: "by themselves", start: "unable to load the app" };

const exitWords = (exits) =>
  Object.entries(EXITS).filter(([reason]) => exits?.[reason]).map(([reason, words]) => `${count(exits[reason])} ${words}`).join(", ");

/** The processes and what they cost. */
export function units(place, processes) {
  const body = listIn(place, processes, "tbody", "Not known yet.");
  if (!body) return;
  if (!body.parentElement.matches("table")) {
    const heads = ["Part", "Process", "Memory", "Resident", "Cores"];
    place.replaceChildren(
      el(
        "table",
        { class: "units" },
        el("caption", null, "Memory: what processes share is counted once. Resident: for each of them."),
        el("thead", null, el("tr", null, ...heads.map((text) => el("th", { scope: "col" }, text)))),
        body,
      ),
    );
  }
  keyed(body, processes, (process) => process.pid, unitRow, unitNumbers);
}

function unitRow(process) {
  return el("tr", null, el("td", null, process.unit), el("td", null, `${process.role} ${process.pid}`), el("td", { class: "number" }), el("td", { class: "number" }), el("td", { class: "number" }));
}

function unitNumbers(node, process) {
  say(node.children[2], bytes(process.pss_bytes ?? process.rss_bytes));
  say(node.children[3], bytes(process.rss_bytes));
  say(node.children[4], cores(process.cpu));
}
