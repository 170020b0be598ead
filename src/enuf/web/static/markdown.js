// What the page shows, as Markdown for an issue or a chat.

import { clock } from "./format.js";

/** The length of the longest run of backticks in a text. */
const longestRun = (text) => Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));

/** A text as a block of code, in a fence that does not occur in it. */
function fenced(text) {
  const fence = "`".repeat(Math.max(2, longestRun(text)) + 1);
  return `${fence}\n${text}\n${fence}\n`;
}

const inline = (text) => {
  const longest = longestRun(text);
  const tick = "`".repeat(longest + 1);
  return longest ? `${tick} ${text} ${tick}` : `${tick}${text}${tick}`;
};

/** The story of a request: its id, its time, its lines. */
export const storyMarkdown = (id, words, records) =>
  [`**${inline(id)}** ${words}`, "", fenced(records.map(({ at, layer, text }) => `${clock(at)} ${layer} ${text}`).join("\n"))].join("\n");

/** An error: its text, how often and where, its traceback. */
export const errorMarkdown = (title, facts, traceback) =>
  [`**${inline(title)}**`, "", ...facts.map((fact) => `- ${fact}`), ...(traceback ? ["", fenced(traceback)] : [""])].join("\n");

const escaped = (cell) => cell.replaceAll(/\s+/g, " ").replaceAll(/[|*_<`\\]/g, (sign) => `\\${sign}`).trim();
const line = (cells) => `| ${cells.map(escaped).join(" | ")} |`;

/** A table of texts; the first row is its head. */
export function tableMarkdown([head, ...rows]) {
  return [line(head), `|${" --- |".repeat(head.length)}`, ...rows.map(line)].join("\n") + "\n";
}
