// JSON as a tree whose branches are made when they are opened. Numbers stay as they were written.

import { button, el } from "./dom.js";

const OPEN_AT_FIRST = 60;
const PIECE = 100;
const LONG = 300;

/** The tree of a JSON text; null where it is none. */
export function jsonTree(text) {
  const value = parse(text);
  return value === undefined ? null : el("div", { class: "json" }, node(null, value, budgetOf(value)));
}

/** The value of a JSON text, with numbers that a float cannot hold as `Exact`; undefined where it is none. */
export function parse(text) {
  try {
    return JSON.parse(text, (key, value, context) =>
      typeof value === "number" && context && String(value) !== context.source ? new Exact(context.source) : value);
  } catch {
    return undefined;
  }
}

/** A JSON text on one line, and its tree when it is opened; null where it is none. */
export function jsonLine(text) {
  const value = parse(text);
  if (value === undefined || value === null || typeof value !== "object") {
    return null;
  }
  const details = el("details", { class: "json" }, el("summary", { class: "line" }, text.slice(0, 2_000)));
  details.addEventListener("toggle", () => {
    if (details.open && details.childElementCount === 1) {
      details.append(valueTree(value));
    }
  });
  return details;
}

class Exact {
  constructor(source) {
    this.source = source;
  }
}

function budgetOf(value) {
  return { left: OPEN_AT_FIRST, root: value };
}

/** The tree of a value that was parsed before. */
export function valueTree(value) {
  return el("div", { class: "json" }, node(null, value, budgetOf(value)));
}

function node(key, value, budget) {
  const label = key === null ? null : [el("span", { class: "key" }, key), ": "];
  if (value === null || typeof value !== "object" || value instanceof Exact) {
    return el("div", { class: "leaf" }, label, scalar(value));
  }
  const array = Array.isArray(value);
  const entries = array ? value.map((each, i) => [String(i), each]) : Object.entries(value);
  if (entries.length === 0) {
    return el("div", { class: "leaf" }, label, array ? "[]" : "{}");
  }
  const summary = el(
    "summary",
    {},
    label,
    el("span", { class: "brace" }, array ? `[${entries.length}]` : `{${entries.length}}`),
    el("span", { class: "preview" }, array ? "" : preview(entries)),
  );
  const details = el("details", {}, summary);
  const show = () => {
    if (details.childElementCount === 1) {
      details.append(children(entries, 0, budget));
    }
  };
  details.addEventListener("toggle", () => details.open && show());
  if (value === budget.root || budget.left >= entries.length) {
    budget.left -= entries.length;
    show();
    details.open = true;
  }
  return details;
}

function children(entries, from, budget) {
  const part = entries.slice(from, from + PIECE);
  const list = el("div", { class: "children" }, part.map(([key, value]) => node(key, value, budget)));
  if (from + PIECE < entries.length) {
    const more = button(`${entries.length - from - PIECE} more`, () =>
      more.replaceWith(children(entries, from + PIECE, budget)), { class: "link" });
    list.append(more);
  }
  return list;
}

function preview(entries) {
  return entries.slice(0, 4).map(([key]) => key).join(", ") + (entries.length > 4 ? ", …" : "");
}

function scalar(value) {
  if (value instanceof Exact) {
    return el("span", { class: "number" }, value.source);
  }
  if (typeof value !== "string") {
    return el("span", { class: value === null ? "null" : typeof value }, String(value));
  }
  if (value.length <= LONG) {
    return el("span", { class: "string" }, JSON.stringify(value));
  }
  const whole = el("span", { class: "string long" }, `${JSON.stringify(value.slice(0, LONG)).slice(0, -1)}…`);
  const more = button(`all ${value.length.toLocaleString("en")} characters`, () => {
    whole.replaceChildren();
    whole.append(el("span", { class: "text" }, value));
    more.remove();
  }, { class: "link" });
  return [whole, " ", more];
}
