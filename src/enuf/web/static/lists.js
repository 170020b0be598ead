// Lists of things that happened: errors, events, processes.

import { el, keyed, say } from "./dom.js";
import { bytes, clock, cores } from "./format.js";
import { icon, nameOf, toneOf } from "./marks.js";

const EVENTS_SHOWN = 60;

/** The list of this tag inside `place`, or the sentence when there is nothing to list. */
function listIn(place, items, tag, sentence, attributes) {
  if (items.length === 0) {
    place.replaceChildren(el("p", { class: "empty" }, sentence));
    return null;
  }
  const found = place.querySelector(tag);
  if (found) return found;
  const list = el(tag, attributes);
  place.replaceChildren(list);
  return list;
}

/** The errors with their tracebacks folded. */
export function errors(place, records) {
  const list = listIn(place, records, "ul", "None so far.", { class: "errors", tabindex: 0, "aria-label": "Errors, newest first" });
  if (list) keyed(list, records, (record) => `${record.at} ${record.layer} ${record.text}`, errorItem);
}

function errorItem(record) {
  const head = [el("time", null, clock(record.at)), " ", el("span", { class: "layer" }, record.layer), " ", el("span", { class: "text" }, record.text)];
  const command = record.id ? el("p", null, el("code", null, `enuf logs --id ${record.id}`)) : null;
  const traceback = record.traceback ? el("pre", { tabindex: 0, "aria-label": "Traceback" }, record.traceback) : null;
  if (!command && !traceback) return el("li", null, ...head);
  return el("li", null, el("details", null, el("summary", null, ...head), command, traceback));
}

/** What happened to the stack, the newest first. */
export function events(place, all) {
  const shown = all.slice(-EVENTS_SHOWN).reverse();
  const list = listIn(place, shown, "ol", "Nothing yet.", { class: "events", tabindex: 0, "aria-label": "Events, newest first" });
  if (list) keyed(list, shown, (event) => `${event.at} ${event.kind} ${event.text}`, eventItem);
}

function eventItem(event) {
  return el(
    "li",
    { class: toneOf(event) },
    icon(event),
    el("time", null, clock(event.at)),
    el("span", null, el("span", { class: "unseen" }, `${nameOf(event)}: `), event.text),
  );
}

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
