// The first lines of the page: what runs, how it is, and whether these are still its figures.

import { command, lines } from "./copy.js";
import { el, keyed, say } from "./dom.js";
import { clock, duration, figure } from "./format.js";
import { label, labelOr, labelParts } from "./labels.js";
import { storyLink } from "./story.js";

const STATES = {
  starting: ["◌", "plain"],
  serving: ["✓", "good"],
  reloading: ["↻", "plain"],
  stopping: ["■", "plain"],
  failed: ["✕", "bad"],
  gone: ["?", "bad"],
};

/** Name, state and a sentence about what runs. */
export function head(page, snapshot) {
  const [sign, word, tone] = stateOf(snapshot);
  const badge = page.state;
  badge.className = `badge ${tone}`;
  say(badge.querySelector(".sign"), sign);
  const state = snapshot.generation ? label("state.withGeneration", { state: word, number: String(snapshot.generation) }) : word;
  say(badge.querySelector(".word"), [state, snapshot.condition].filter(Boolean).join(", "));
  say(page.app, snapshot.app);
  about(page.about, snapshot);
  document.title = label("state.title", { sign, app: snapshot.app || "enuf", words: [word.toLowerCase(), snapshot.condition].filter(Boolean).join(", ") });
}

/** Sign, word and tone of the state; the sign and the tone tell whether something is wrong. */
function stateOf({ state, condition }) {
  const [sign, tone] = STATES[state] ?? ["?", "plain"];
  const word = labelOr(`state.${state}`, state);
  return condition && tone === "good" ? ["!", word, "warn"] : [sign, word, tone];
}

/** The tone of the page as a whole: old figures say nothing about now. */
export const toneOf = (snapshot, state) => (snapshot && state === "live" ? stateOf(snapshot)[2] : "plain");

function about(place, snapshot) {
  const chain = [snapshot.front, snapshot.server].filter(Boolean).map((program) => `${program.name} ${program.version}`);
  const parts = [
    chain.join(" → "),
    snapshot.processes ? label("about.size", { processes: snapshot.processes, threads: snapshot.threads }) : null,
    snapshot.uptime_s == null ? null : label("about.uptime", { time: duration(snapshot.uptime_s) }),
  ];
  if (!place.querySelector("a")) place.replaceChildren(el("a", { rel: "noreferrer" }), el("span"), el("span", { class: "certificates" }));
  const [link, rest, certificates] = place.children;
  if (link.href !== snapshot.url && /^https?:/.test(snapshot.url)) link.href = snapshot.url;
  say(link, snapshot.url);
  say(rest, ` · ${parts.filter(Boolean).join(" · ")}`);
  say(certificates, (snapshot.tls?.certificates ?? []).map((each) => certificate(each, snapshot)).join(" "));
}

/** Names, issuer, mode, and how long a certificate is still good. */
function certificate({ names, issuer, not_after }, { at, tls }) {
  const end = Date.parse(not_after) / 1000;
  const left = end > at ? label("about.left", { time: until(end - at) }) : label("about.expired");
  return label("about.certificate", { names: names.join(", "), issuer, mode: labelOr(`about.${tls.mode}`, tls.mode), left, day: not_after.slice(0, 10) });
}

/** Whole days; of the last day, whole hours. */
function until(seconds) {
  return seconds >= 86_400 ? label("time.days", { n: Math.floor(seconds / 86_400) }) : label("time.hours", { n: Math.floor(seconds / 3600) });
}

/** What should not be overlooked: a refused reload, a failure, warnings, a lost connection. */
export function alerts(place, snapshot, connection) {
  const found = [];
  if (connection) found.push(["connection", "bad", connection]);
  if (snapshot) {
    const refused = lastRefusal(snapshot.events);
    if (refused) found.push([`refused ${refused.at}`, "bad", label("alert.refused", { time: clock(refused.at), text: refused.text, number: String(snapshot.generation) })]);
    else if (snapshot.reason && snapshot.state !== "serving") found.push([`reason ${snapshot.reason}`, "bad", snapshot.reason]);
    for (const each of snapshot.troubles ?? []) if (each.code !== "refused") found.push([`trouble ${each.code} ${each.short}`, "warn", each.text]);
    for (const text of snapshot.warnings) found.push([`warning ${text}`, "warn", text]);
  }
  keyed(place, found, ([key]) => key, ([, tone]) => el("p", { class: `alert ${tone}` }, el("span", { class: "sign", "aria-hidden": "true" }, tone === "bad" ? "✕" : "!"), el("span")), (node, [, , text]) => sentenceWithCommand(node.lastChild, text));
}

const COMMAND = /^(.*): (enuf [a-z]+(?: --[a-z]+(?: \S+)?)+)$/s;

/** A sentence; a command at its end gets a button that copies it, and a command about one request a link to the story of the request. */
function sentenceWithCommand(node, text) {
  if (node.dataset.text === text) return;
  node.dataset.text = text;
  const [, sentence, words] = COMMAND.exec(text) ?? [];
  if (!words) return say(node, text);
  const id = / --id (\S+)$/.exec(words)?.[1];
  const parts = { sentence, command: command(words), link: id ? storyLink(id, label("story.linkLong")) : null };
  node.replaceChildren(...labelParts(id ? "advice.orStory" : "advice.sentence", parts));
}

/** The refusal that no later start or reload has made good. */
function lastRefusal(events) {
  const told = events.filter((event) => ["refused", "serving", "reload", "start"].includes(event.kind));
  const last = told[told.length - 1];
  return last?.kind === "refused" ? last : null;
}

/** What to change, and the figures that say so. */
export function advice(place, all) {
  place.hidden = all.length === 0;
  keyed(place, all, (each) => each.code, make, update);
}

function make({ code }) {
  const why = labelOr(`advice.${code}`, "");
  const more = why ? el("details", null, el("summary", null, label("advice.why")), el("p", null, why)) : null;
  return el("article", { class: "counsel" }, el("p"), el("ul", { class: "figures" }), el("div", { class: "cure" }), more);
}

function update(node, { text, figures, settings }) {
  const [sentence, list, cure] = node.children;
  sentenceWithCommand(sentence, text);
  if (cure.dataset.settings !== settings) cure.replaceChildren(...(settings ? labelParts("advice.lines", { lines: lines(settings) }) : []));
  cure.dataset.settings = settings;
  keyed(list, Object.entries(figures), ([name]) => name, () => el("li"), (item, [name, value]) => say(item, figure(name, value)));
}

/** How fresh the figures are; the sentence for an alert when they are not. */
export function freshness(place, state, changedAt, lastState) {
  place.dataset.state = state;
  const from = changedAt ? label("feed.from", { time: clock(changedAt / 1000) }) : label("feed.none");
  const words = { live: label("feed.live"), paused: label("feed.paused", { time: clock(changedAt / 1000) }) };
  say(place.querySelector(".word"), words[state] ?? from);
  if (state === "lost") return label(lastState === "stopping" ? "feed.stopped" : "feed.lost", { from });
  return state === "stale" || state === "locked" ? label(`feed.${state}`, { from }) : "";
}
