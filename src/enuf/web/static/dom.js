// Elements from values. Text goes in as text: nothing on this page is ever parsed as HTML (the CSP's Trusted Types see to it).

const SVG = "http://www.w3.org/2000/svg";

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child != null && child !== false));
  return node;
}

/** An HTML element with attributes and children (nodes or texts). */
export const el = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);

/** The same in SVG. */
export const svg = (tag, attributes, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);

/** Set the text only when it differs, so that a selection in it survives. */
export function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

const known = new WeakMap();

/**
 * Make the children of `parent` those of `items`, one per key, in their order. An element stays the same one as long as its
 * key does: focus, selection and open details survive each new look at the stack.
 */
export function keyed(parent, items, keyOf, make, update) {
  const had = known.get(parent) ?? new Map();
  const now = new Map();
  let at = parent.firstChild;
  for (const item of items) {
    const key = keyOf(item);
    if (now.has(key)) continue;
    const node = had.get(key) ?? make(item);
    update?.(node, item);
    now.set(key, node);
    if (node === at) at = at.nextSibling;
    else parent.insertBefore(node, at);
  }
  for (const [key, node] of had) if (!now.has(key)) node.remove();
  known.set(parent, now);
}
