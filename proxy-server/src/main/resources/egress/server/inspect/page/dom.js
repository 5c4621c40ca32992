// Elements made of text: nothing here, nor anywhere on the page, takes markup.

/** Control characters, and those that turn or hide what stands beside them. */
const HIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e0fff}]/gu;
const ANY_HIDDEN = new RegExp(HIDDEN.source, "u");

/** The text with every character to be seen: an escape as ␛, a bidi mark as ⟨U+202E⟩. */
export function visible(text) {
  return ANY_HIDDEN.test(text) ? text.replace(HIDDEN, picture) : text;
}

function picture(character) {
  const code = character.codePointAt(0);
  if (code === 0x0d) {
    return "␍";
  }
  if (code < 0x20) {
    return String.fromCodePoint(0x2400 + code);
  }
  return code === 0x7f ? "␡" : `⟨U+${code.toString(16).toUpperCase().padStart(4, "0")}⟩`;
}

/**
 * An element. Attributes are set as they are; `on` has listeners by event, `class` the classes. Children are elements or
 * text; null and false are left out.
 */
export function el(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "on") {
      for (const [event, listener] of Object.entries(value)) {
        element.addEventListener(event, listener);
      }
    } else if (value === true) {
      element.setAttribute(key, "");
    } else if (value !== false && value !== null && value !== undefined) {
      element.setAttribute(key, visible(String(value)));
    }
  }
  append(element, children);
  return element;
}

function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) {
      continue;
    }
    element.append(child instanceof Node ? child : visible(String(child)));
  }
}

/** Replaces what an element holds. */
export function fill(element, ...children) {
  element.replaceChildren();
  append(element, children);
  return element;
}

/** A button; its words are its name. */
export function button(words, listener, attributes = {}) {
  return el("button", { type: "button", on: { click: listener }, ...attributes }, words);
}

/** A heading and rows of names and values. */
export function table(caption, rows, className = "pairs") {
  return el(
    "table",
    { class: className },
    el("caption", { class: "sr" }, caption),
    el("tbody", {}, rows.map(([name, value]) => el("tr", {}, el("th", { scope: "row" }, name), el("td", {}, value)))),
  );
}

/** Tabs with their panel: `tabs` are {id, label, render}; the panel is made when its tab is chosen. */
export function tabs(name, list, chosen, onChoose) {
  const panel = el("div", { class: "panel", role: "tabpanel", id: `${name}-panel`, tabindex: "0" });
  const buttons = list.map((tab) =>
    button(tab.label, () => choose(tab), { role: "tab", id: `${name}-${tab.id}`, "aria-controls": `${name}-panel` }));
  const row = el("div", { class: "tabs", role: "tablist", "aria-label": name, on: { keydown: onKey } }, buttons);

  function choose(tab, byKey) {
    list.forEach((each, i) => {
      buttons[i].setAttribute("aria-selected", String(each === tab));
      buttons[i].tabIndex = each === tab ? 0 : -1;
      if (each === tab && byKey) {
        buttons[i].focus();
      }
    });
    panel.setAttribute("aria-labelledby", `${name}-${tab.id}`);
    panel.scrollTop = 0;
    fill(panel, tab.render());
    onChoose(tab.id);
  }

  function onKey(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step) {
      const at = buttons.findIndex((each) => each.getAttribute("aria-selected") === "true");
      choose(list[(at + step + list.length) % list.length], true);
      event.preventDefault();
      event.stopPropagation();
    }
  }

  choose(list.find((tab) => tab.id === chosen) ?? list[0]);
  return [row, panel];
}

/** Writes text to the clipboard, and says so on the button. */
export async function copyText(text, from) {
  const words = from.textContent;
  try {
    await navigator.clipboard.writeText(text);
    from.textContent = "Copied";
  } catch {
    from.textContent = "Not allowed";
  }
  setTimeout(() => {
    from.textContent = words;
  }, 1200);
}

/** Lets a person keep bytes as a file. */
export function save(bytes, name) {
  const url = URL.createObjectURL(new Blob([bytes], { type: "application/octet-stream" }));
  const link = el("a", { href: url, download: name.replace(/[^A-Za-z0-9._-]+/g, "_") });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
