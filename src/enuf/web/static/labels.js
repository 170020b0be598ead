// The texts of the page, in the language in which the server has sent it.

import { count } from "./numbers.js";

export const language = document.documentElement.lang;

const groups = await (await fetch(`/static/${language}.json`)).json();
const plural = new Intl.PluralRules(language);
const PLACE = /\{(\w+)\}/;

/** The text of this name, `page.skip`; of several forms, the one for the number `n`. */
function text(name, values) {
  const [group, key] = name.split(/\.(.*)/s);
  const found = groups[group]?.[key];
  if (found == null) throw new Error(`there is no text ${name}`);
  return typeof found === "string" ? found : (found[plural.select(values.n)] ?? found.other);
}

const shown = (value) => (typeof value === "number" ? count(value) : String(value ?? "–"));

/** The text of this name with its values; numbers are written as counts. */
export const label = (name, values = {}) => text(name, values).replaceAll(new RegExp(PLACE, "g"), (_, key) => shown(values[key]));

/** The same with elements among the values, as a list for `append`. */
export const labelParts = (name, values) =>
  text(name, values)
    .split(PLACE)
    .map((part, index) => (index % 2 ? values[part] : part))
    .filter((part) => part !== "");

/** The text of this name with its values, or `other` where there is none: for words of a server that is newer than the page. */
export const labelOr = (name, other, values) => {
  const [group, key] = name.split(/\.(.*)/s);
  return Object.hasOwn(groups[group] ?? {}, key) ? label(name, values) : other;
};
