// Tables whose rows become blocks in a narrow window.

import { el } from "./dom.js";

/** The table of this class around `body`. It names the roles, which a browser takes from the parts of a table that are shown as blocks. */
export const table = (css, caption, heads, body) =>
  el(
    "table",
    { role: "table", class: css },
    el("caption", null, ...caption),
    el("thead", { role: "rowgroup" }, el("tr", { role: "row" }, ...heads.map((text) => el("th", { scope: "col", role: "columnheader" }, text)))),
    body,
  );

/** The body of the table inside `place`; where there is none yet, it is put there with what `around(body)` returns. */
export function bodyIn(place, around) {
  const found = place.querySelector("tbody");
  if (found) return found;
  const body = el("tbody", { role: "rowgroup" });
  place.replaceChildren(...around(body));
  return body;
}
