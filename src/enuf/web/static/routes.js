// The routes of the last minutes: how often, how long, waiting or working, failing, and where they stand.

import { markdownButton } from "./copy.js";
import { el, keyed, say, svg } from "./dom.js";
import { duration, perSecond, share } from "./format.js";
import { label } from "./labels.js";
import { tableMarkdown } from "./markdown.js";
import { bodyIn, table } from "./table.js";

const LONG_S = 1;
const heads = () => [label("routes.route"), label("routes.rate"), "p50", "p95", label("routes.split"), label("routes.errors"), label("routes.stands")];
const OTHERS = { "(other routes)": "routes.other", "(no such path)": "routes.unmatched" };

/** Show the table; the whole part is hidden where no front counts requests. */
export function routes(part, place, { routes: found, url, state }) {
  part.hidden = !found;
  if (!found) return;
  if (found.routes.length === 0) return empty(place, state === "stopping" ? label("plot.none") : label("routes.none", { url: url || label("routes.theApp") }));
  const body = bodyIn(place, (rows) => [
    el("div", { class: "scroll", tabindex: 0, role: "region", "aria-labelledby": "routes-title" }, table("routes", [], heads(), rows)),
    el("p", { class: "below" }, markdownButton(() => asMarkdown(rows), label("copy.routes"))),
  ]);
  say(place.querySelector("caption"), caption(found));
  const longest = Math.max(...found.routes.map(together));
  keyed(body, found.routes, (route) => route.route, row, (node, route) => update(node, route, longest));
}

function empty(place, text) {
  if (place.textContent !== text) place.replaceChildren(el("p", { class: "empty" }, text));
}

function caption({ seconds, hidden }) {
  const text = label("routes.caption", { time: duration(Math.round(seconds)) });
  return hidden ? `${text} ${label("routes.hidden", { n: hidden })}` : text;
}

const asMarkdown = (body) => tableMarkdown([heads(), ...[...body.rows].map((tr) => [...tr.cells].map((cell) => cell.innerText))]);

const cell = (css, head, ...children) => el("td", { role: "cell", class: css, "data-label": head }, ...children);

function row({ route }) {
  const [method, path] = route.startsWith("/") || route.startsWith("(") ? ["", route] : [route.slice(0, route.indexOf(" ")), route.slice(route.indexOf(" ") + 1)];
  const bar = svg("svg", { class: "bar", viewBox: "0 0 100 10", preserveAspectRatio: "none", "aria-hidden": "true", focusable: "false" });
  const name = Object.hasOwn(OTHERS, path) ? label(OTHERS[path]) : path;
  return el(
    "tr",
    { role: "row" },
    el("th", { scope: "row", role: "rowheader", class: "what" }, method ? el("span", { class: "method" }, method) : null, method ? ` ${name}` : name),
    cell("rate", ""),
    cell("p50", "p50"),
    cell("p95", "p95"),
    cell("split-of", "", bar, el("span", { class: "numbers" })),
    cell("failures", label("routes.errorsOf")),
    cell("stands", "", el("span"), el("code"), el("span"), el("code")),
  );
}

const together = ({ wait_s, app_s }) => (wait_s ?? 0) + (app_s ?? 0);

function update(node, route, longest) {
  const [, rate, p50, p95, split, failures, stands] = node.children;
  say(rate, route.requests ? perSecond(route.per_s) : "–");
  rate.title = label("routes.requests", { n: route.requests });
  say(p50, duration(route.p50_s));
  say(p95, duration(route.p95_s));
  stretch(split.firstChild, route, longest);
  say(split.lastChild, route.app_s == null ? "–" : label("routes.waitApp", { wait: duration(route.wait_s), app: duration(route.app_s) }));
  say(failures, errorWords(route));
  failures.className = `failures ${route.failed ? "bad" : ""}`;
  say(stands.children[0], busyWords(route));
  say(stands.children[1], route.where);
  say(stands.children[2], route.fails_at ? ` ${label("routes.failsAt")} ` : "");
  say(stands.children[3], route.fails_at);
  stands.classList.toggle("long", route.longest_s >= LONG_S);
}

function busyWords({ busy, longest_s }) {
  if (!busy) return "";
  return `${longest_s >= LONG_S ? label("routes.threadsFor", { n: busy, time: duration(longest_s) }) : label("routes.threads", { n: busy })} `;
}

function errorWords({ failed, rejected, requests }) {
  const parts = [failed ? label("routes.failed", { share: share(failed, requests), n: failed }) : null, rejected ? label("routes.rejected", { share: share(rejected, requests) }) : null];
  return parts.filter(Boolean).join(", ") || (requests ? label("routes.noErrors") : "–");
}

function stretch(picture, route, longest) {
  picture.toggleAttribute("hidden", !together(route));
  picture.style.width = `${Math.max(3, (100 * together(route)) / (longest || 1)).toFixed(1)}%`;
  // 100 * x / x can exceed 100 by a rounding error, and a browser refuses a width below zero.
  const part = together(route) ? Math.min(100, (100 * route.wait_s) / together(route)) : 0;
  const rects = together(route) ? [["wait", 0, part], ["app", part, 100 - part]] : [];
  picture.replaceChildren(...rects.map(([css, x, width]) => svg("rect", { x, width, height: 10, class: `phase ${css}` })));
}
