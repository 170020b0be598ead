// The first lines of the page: what runs, how it is, and whether these are still its figures.

import { command } from "./copy.js";
import { el, keyed, say } from "./dom.js";
import { clock, duration, figure } from "./format.js";
import { storyLink } from "./story.js";

const STATES = {
  starting: ["◌", "Starting", "plain"],
  serving: ["✓", "Serving", "good"],
  reloading: ["↻", "Reloading", "plain"],
  stopping: ["■", "Stopping", "plain"],
  failed: ["✕", "Failed", "bad"],
  gone: ["?", "Supervisor does not answer", "bad"],
};

/** Name, state and a sentence about what runs. */
export function head(page, snapshot) {
  const [sign, word, tone] = stateOf(snapshot);
  const badge = page.state;
  badge.className = `badge ${tone}`;
  say(badge.querySelector(".sign"), sign);
  say(badge.querySelector(".word"), [snapshot.generation ? `${word} generation ${snapshot.generation}` : word, snapshot.condition].filter(Boolean).join(", "));
  say(page.app, snapshot.app);
  about(page.about, snapshot);
  document.title = `${sign} ${snapshot.app || "enuf"}: ${[word.toLowerCase(), snapshot.condition].filter(Boolean).join(", ")}`;
}

/** Sign, word and tone of the state; the sign and the tone tell whether something is wrong. */
function stateOf({ state, condition }) {
  const [sign, word, tone] = STATES[state] ?? ["?", state, "plain"];
  return condition && tone === "good" ? ["!", word, "warn"] : [sign, word, tone];
}

/** The tone of the page as a whole: old figures say nothing about now. */
export const toneOf = (snapshot, state) => (snapshot && state === "live" ? stateOf(snapshot)[2] : "plain");

function about(place, snapshot) {
  const chain = [snapshot.front, snapshot.server].filter(Boolean).map((program) => `${program.name} ${program.version}`);
  const parts = [
    chain.join(" → "),
    snapshot.processes ? `${snapshot.processes} processes × ${snapshot.threads} threads` : null,
    snapshot.uptime_s == null ? null : `up ${duration(snapshot.uptime_s)}`,
  ];
  if (!place.querySelector("a")) place.replaceChildren(el("a", { rel: "noreferrer" }), el("span"), el("span", { class: "certificates" }));
  const [link, rest, certificates] = place.children;
  if (link.href !== snapshot.url && /^https?:/.test(snapshot.url)) link.href = snapshot.url;
  say(link, snapshot.url);
  say(rest, ` · ${parts.filter(Boolean).join(" · ")}`);
  say(certificates, (snapshot.tls?.certificates ?? []).map((each) => certificate(each, snapshot)).join(" "));
}

const MODES = { local: "local authority", files: "own files", acme: "ACME" };

/** Names, issuer, mode, and how long a certificate is still good. */
function certificate({ names, issuer, not_after }, { at, tls }) {
  const end = Date.parse(not_after) / 1000;
  const left = end > at ? `${until(end - at)} left` : "expired";
  return `Certificate for ${names.join(", ")} by ${issuer} (${MODES[tls.mode] ?? tls.mode}), ${left}, until ${not_after.slice(0, 10)}.`;
}

/** Whole days; of the last day, whole hours. */
function until(seconds) {
  const [number, unit] = seconds >= 86_400 ? [Math.floor(seconds / 86_400), "day"] : [Math.floor(seconds / 3600), "hour"];
  return `${number} ${unit}${number === 1 ? "" : "s"}`;
}

/** What should not be overlooked: a refused reload, a failure, warnings, a lost connection. */
export function alerts(place, snapshot, connection) {
  const found = [];
  if (connection) found.push(["connection", "bad", connection]);
  if (snapshot) {
    const refused = lastRefusal(snapshot.events);
    if (refused) found.push([`refused ${refused.at}`, "bad", `${clock(refused.at)} ${refused.text}. Generation ${snapshot.generation} serves on.`]);
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
  node.replaceChildren(`${sentence}: `, ...(id ? [storyLink(id, "story of the request"), " or "] : []), command(words));
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

const make = () => el("article", { class: "counsel" }, el("p"), el("ul", { class: "figures" }));

function update(node, { text, figures }) {
  const [sentence, list] = node.children;
  sentenceWithCommand(sentence, text);
  keyed(list, Object.entries(figures), ([name]) => name, () => el("li"), (item, [name, value]) => say(item, figure(name, value)));
}

/** How fresh the figures are; the sentence for an alert when they are not. */
export function freshness(place, state, changedAt) {
  place.dataset.state = state;
  const from = changedAt ? `Figures from ${clock(changedAt / 1000)}` : "No figures yet";
  say(place.querySelector(".word"), state === "live" ? "live" : from);
  if (state === "lost") return `The connection to the dashboard is lost. ${from}. Trying again.`;
  if (state === "stale") return `No new figures. ${from}.`;
  if (state === "locked") return `The stack was started anew and the token of this page is no longer valid. ${from}. Run: enuf dash`;
  return "";
}
