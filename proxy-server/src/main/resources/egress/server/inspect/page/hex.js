// Bytes as hexadecimal and ASCII, sixteen a line.

import { button, el } from "./dom.js";

const LINE = 16;
const PIECE = 16 * 1024;

/** A dump; more of it is made when it is asked for. */
export function hexDump(bytes, from = 0) {
  const to = Math.min(bytes.length, from + PIECE);
  const lines = [];
  for (let at = from; at < to; at += LINE) {
    lines.push(line(bytes, at, Math.min(at + LINE, bytes.length)));
  }
  const dump = el("pre", { class: "hex" }, lines.join("\n"));
  if (to === bytes.length) {
    return [dump];
  }
  const more = button("more", () => more.replaceWith(...hexDump(bytes, to)), { class: "link" });
  return [dump, more];
}

function line(bytes, at, end) {
  let hex = "";
  let text = "";
  for (let i = at; i < at + LINE; i++) {
    hex += i < end ? `${bytes[i].toString(16).padStart(2, "0")} ` : "   ";
    hex += i === at + 7 ? " " : "";
    text += i < end ? (bytes[i] >= 0x20 && bytes[i] < 0x7f ? String.fromCharCode(bytes[i]) : "·") : "";
  }
  return `${at.toString(16).padStart(8, "0")}  ${hex} ${text}`;
}
