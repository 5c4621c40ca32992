// A body as what it is: a tree, a table, events, messages, a picture, text, or bytes.

import * as api from "./api.js";
import { button, copyText, el, fill, save, table } from "./dom.js";
import { size, sizeInWords } from "./format.js";
import { hexDump } from "./hex.js";
import { jsonLine, jsonTree } from "./json.js";
import { grpcMessages, protobufFields, protobufTree } from "./protobuf.js";
import { formPairs, multipartParts, serverEvents } from "./structured.js";

const TEXT_PIECE = 128 * 1024;
const MOST_PARSED = 8 * 1024 * 1024;
const EVENTS_AT_ONCE = 200;
/** Pictures that a browser shows without running anything; SVG is not one. */
const PICTURES = /^image\/(png|jpeg|gif|webp|avif|bmp|x-icon|vnd\.microsoft\.icon)$/;

/** A body of a flow, asked for when this is made. */
export function bodyView(number, part, facts, contentType, name) {
  if (facts.length === 0) {
    return el("p", { class: "none" }, "No body.");
  }
  const view = el("div", { class: "body" }, el("p", { class: "none" }, "Loading…"));
  api.body(number, part).then(
    (body) => fill(view, notes(facts, body), shown(body.bytes, contentType, name)),
    (fault) => fill(view, el("p", { class: "note bad" }, fault.message)),
  );
  return view;
}

function notes(facts, body) {
  const words = [];
  if (facts.kept === 0) {
    words.push(`${size(facts.length)} went by and were not kept.`);
  } else if (facts.truncated) {
    words.push(`The first ${size(facts.kept)} of ${size(facts.length)} were kept.`);
  }
  if (facts.decoded) {
    words.push("A secret was masked in it.");
  }
  if (body.cut) {
    words.push(`Shown: the first ${size(body.bytes.length)}.`);
  }
  if (body.fault) {
    words.push(body.fault);
  }
  return words.map((each) => el("p", { class: "note" }, each));
}

/** Bytes with a choice of how they are shown. */
export function shown(bytes, contentType, name) {
  if (bytes.length === 0) {
    return [];
  }
  const ways = waysOf(bytes, contentType);
  const area = el("div", { class: "shown" });
  const buttons = ways.map((way) => button(way.label, () => choose(way), { "aria-pressed": "false" }));
  const text = asText(bytes);
  const copy = text !== null && button("Copy", () => copyText(text, copy));
  const row = el(
    "div",
    { class: "ways" },
    el("div", { class: "segments", role: "group", "aria-label": "Shown as" }, buttons),
    el("span", { class: "what" }, `${contentType.split(";")[0] || "no type"}, ${sizeInWords(bytes.length)}`),
    el("span", { class: "gap" }),
    copy,
    button("Save", () => save(bytes, name)),
  );
  function choose(way) {
    ways.forEach((each, i) => buttons[i].setAttribute("aria-pressed", String(each === way)));
    fill(area, way.render());
  }
  choose(ways[0]);
  return [row, area];
}

function waysOf(bytes, contentType) {
  const type = contentType.split(";")[0].trim().toLowerCase();
  const text = asText(bytes);
  const ways = [structured(bytes, text, type, contentType)];
  if (text !== null) {
    ways.push({ label: "Text", render: () => textView(text) });
  }
  ways.push({ label: "Hex", render: () => hexDump(bytes) });
  return ways.filter((way) => way !== null);
}

function structured(bytes, text, type, contentType) {
  if (PICTURES.test(type)) {
    return { label: "Image", render: () => picture(bytes, type) };
  }
  if (type.startsWith("application/grpc")) {
    return { label: "Messages", render: () => grpcView(bytes) };
  }
  if (/protobuf$/.test(type) && protobufFields(bytes)) {
    return { label: "Protobuf", render: () => protobufTree(protobufFields(bytes)) };
  }
  if (text === null || bytes.length > MOST_PARSED) {
    return null;
  }
  if (type === "text/event-stream") {
    return { label: "Events", render: () => eventsView(serverEvents(text), 0) };
  }
  if (type === "application/x-www-form-urlencoded") {
    return { label: "Form", render: () => table("Form", formPairs(text)) };
  }
  if (type.startsWith("multipart/")) {
    const parts = multipartParts(bytes, contentType);
    return parts && { label: "Parts", render: () => parts.map(partView) };
  }
  if (/[/+-](x-)?(ndjson|jsonl|json-seq|jsonlines)$/.test(type)) {
    return { label: "Lines", render: () => linesView(text) };
  }
  if (/[/+]json$/.test(type) || /^\s*[[{]/.test(text)) {
    const tree = jsonTree(text);
    return tree && { label: "Tree", render: () => jsonTree(text) };
  }
  return null;
}

/** The text of bytes; null where they are none. */
export function asText(bytes) {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    const head = text.slice(0, 4_096);
    const controls = head.match(/[\u0000-\u0008\u000e-\u001a\u001c-\u001f]/g)?.length ?? 0;
    return controls * 50 > head.length ? null : text;
  } catch {
    // What was cut off may end within a character.
    return bytes.length > 4 && bytes.at(-1) >= 0x80 && bytes.at(-1) < 0xf8 ? cutText(bytes) : null;
  }
}

function cutText(bytes) {
  for (let less = 1; less <= 3; less++) {
    try {
      return new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(0, bytes.length - less));
    } catch {
      // one byte less, then
    }
  }
  return null;
}

/** Text as it is, the next piece of it when it is asked for. */
export function textView(text, from = 0) {
  const to = Math.min(text.length, from + TEXT_PIECE);
  const piece = el("pre", { class: "text" }, text.slice(from, to).replaceAll("\r\n", "\n"));
  if (to === text.length) {
    return [piece];
  }
  const more = button(`${size(text.length - to)} more`, () => more.replaceWith(...textView(text, to)), { class: "link" });
  return [piece, more];
}

function picture(bytes, type) {
  const url = URL.createObjectURL(new Blob([bytes], { type }));
  const dimensions = el("span", { class: "hint" });
  const image = el("img", {
    class: "picture",
    src: url,
    alt: "The body as a picture",
    on: {
      load: () => {
        dimensions.textContent = `${image.naturalWidth} × ${image.naturalHeight}`;
        URL.revokeObjectURL(url);
      },
      error: () => fill(dimensions, "The bytes are no such picture."),
    },
  });
  return [image, el("p", {}, dimensions)];
}

function eventsView(events, from) {
  const part = events.slice(from, from + EVENTS_AT_ONCE).map((event, i) =>
    el(
      "li",
      {},
      el("span", { class: "ordinal" }, String(from + i + 1)),
      el("span", { class: "event" }, event.event || "message", event.id && el("span", { class: "hint" }, ` id ${event.id}`)),
      jsonLine(event.data) ?? el("pre", { class: "text" }, event.data),
    ));
  const list = el("ol", { class: "events", start: from + 1 }, part);
  const rest = events.length - from - EVENTS_AT_ONCE;
  if (rest <= 0) {
    return [list];
  }
  const more = button(`${rest} more`, () => more.replaceWith(...eventsView(events, from + EVENTS_AT_ONCE)), { class: "link" });
  return [list, more];
}

function linesView(text) {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  return el("ol", { class: "events" }, lines.slice(0, 2_000).map((line, i) =>
    el("li", {}, el("span", { class: "ordinal" }, String(i + 1)), jsonLine(line) ?? el("pre", { class: "text" }, line))));
}

function partView(part, i) {
  const type = part.fields.find(([name]) => name.toLowerCase() === "content-type")?.[1] ?? "text/plain";
  const disposition = part.fields.find(([name]) => name.toLowerCase() === "content-disposition")?.[1] ?? "";
  const name = /name="([^"]*)"/.exec(disposition)?.[1] ?? `part ${i + 1}`;
  return el(
    "section",
    { class: "part" },
    el("h3", {}, name),
    table("Fields of the part", part.fields),
    shown(part.bytes, type, /filename="([^"]*)"/.exec(disposition)?.[1] ?? name),
  );
}

function grpcView(bytes) {
  return grpcMessages(bytes).map((message, i) =>
    el(
      "section",
      { class: "part" },
      el("h3", {}, message.trailers ? "Trailers" : `Message ${i + 1}`, el("span", { class: "hint" }, ` ${size(message.bytes.length)}`
        + `${message.compressed ? ", compressed" : ""}${message.cut ? ", cut off" : ""}`)),
      message.trailers ? textView(new TextDecoder().decode(message.bytes)) : messageView(message),
    ));
}

function messageView(message) {
  if (message.bytes.length === 0) {
    return el("p", { class: "none" }, "An empty message.");
  }
  const fields = message.compressed ? null : protobufFields(message.bytes);
  return fields ? protobufTree(fields) : hexDump(message.bytes);
}
