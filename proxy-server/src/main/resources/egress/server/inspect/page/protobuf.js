// gRPC messages, and protobuf without a schema: field numbers, wire types, and a guess at what bytes are.

import { button, el } from "./dom.js";
import { hexDump } from "./hex.js";

const DEEPEST = 12;
const MOST_FIELDS = 2_000;
const decoder = new TextDecoder("utf-8", { fatal: true });

/** The messages of a gRPC body (length-prefixed): {compressed, trailers, bytes, cut}. */
export function grpcMessages(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const messages = [];
  let at = 0;
  while (at + 5 <= bytes.length && messages.length < MOST_FIELDS) {
    const flags = view.getUint8(at);
    const length = view.getUint32(at + 1);
    const end = Math.min(bytes.length, at + 5 + length);
    messages.push({
      compressed: (flags & 1) !== 0,
      trailers: (flags & 0x80) !== 0,
      bytes: bytes.subarray(at + 5, end),
      cut: at + 5 + length > bytes.length,
    });
    at += 5 + length;
  }
  return messages;
}

/** The fields of a message, {number, type, value}; null where the bytes are none. */
export function protobufFields(bytes, depth = 0) {
  const fields = [];
  const reader = { bytes, at: 0 };
  while (reader.at < bytes.length) {
    const tag = varint(reader);
    if (tag === null || fields.length >= MOST_FIELDS) {
      return null;
    }
    const number = Number(tag >> 3n);
    const field = number < 1 || number > 0x1fffffff ? null : value(reader, Number(tag & 7n), depth);
    if (field === null) {
      return null;
    }
    fields.push({ number, ...field });
  }
  return fields;
}

function value(reader, wire, depth) {
  if (wire === 0) {
    const number = varint(reader);
    return number === null ? null : { type: "varint", value: number };
  }
  if (wire === 1 || wire === 5) {
    const length = wire === 1 ? 8 : 4;
    const bytes = take(reader, length);
    return bytes && { type: wire === 1 ? "fixed64" : "fixed32", value: bytes };
  }
  if (wire === 2) {
    const length = varint(reader);
    const bytes = length === null || length > BigInt(reader.bytes.length) ? null : take(reader, Number(length));
    return bytes && delimited(bytes, depth);
  }
  return null;
}

function delimited(bytes, depth) {
  const text = asText(bytes);
  const inner = bytes.length > 1 && depth < DEEPEST ? protobufFields(bytes, depth + 1) : null;
  // Short text may be read as a message by chance: what has letters alone is text.
  if (inner && inner.length > 0 && (text === null || /[\u0000-\u0008\u000e-\u001f]/.test(text))) {
    return { type: "message", value: inner, bytes };
  }
  return text === null ? { type: "bytes", value: bytes } : { type: "string", value: text };
}

function asText(bytes) {
  try {
    return decoder.decode(bytes);
  } catch {
    return null;
  }
}

function varint(reader) {
  let result = 0n;
  for (let shift = 0n; shift < 70n; shift += 7n) {
    if (reader.at >= reader.bytes.length) {
      return null;
    }
    const byte = reader.bytes[reader.at++];
    result |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) {
      return BigInt.asUintN(64, result);
    }
  }
  return null;
}

function take(reader, length) {
  if (reader.at + length > reader.bytes.length) {
    return null;
  }
  reader.at += length;
  return reader.bytes.subarray(reader.at - length, reader.at);
}

/** Fields as a tree. */
export function protobufTree(fields) {
  return el("div", { class: "json protobuf" }, fields.map(fieldNode));
}

function fieldNode(field) {
  const label = [el("span", { class: "key" }, String(field.number)), " ", el("span", { class: "wire" }, field.type), ": "];
  switch (field.type) {
    case "message":
      return el(
        "details",
        { open: true },
        el("summary", {}, label, `${field.value.length} fields`),
        el("div", { class: "children" }, field.value.map(fieldNode)),
      );
    case "varint":
      return el("div", { class: "leaf" }, label, el("span", { class: "number" }, String(field.value)), signed(field.value));
    case "fixed64":
    case "fixed32":
      return el("div", { class: "leaf" }, label, el("span", { class: "number" }, fixed(field.value)));
    case "string":
      return el("div", { class: "leaf" }, label, el("span", { class: "string" }, JSON.stringify(field.value)));
    default:
      return bytesNode(label, field.value);
  }
}

function bytesNode(label, bytes) {
  const leaf = el("div", { class: "leaf" }, label, `${bytes.length} bytes `);
  const show = button("show", () => show.replaceWith(...hexDump(bytes)), { class: "link" });
  leaf.append(show);
  return leaf;
}

/** What the number is where the schema says sint64, or a negative int64. */
function signed(number) {
  const zigzag = (number >> 1n) ^ -(number & 1n);
  const negative = BigInt.asIntN(64, number);
  return negative < 0n
    ? el("span", { class: "hint" }, ` = ${negative}`)
    : number > 1n && number % 2n === 1n && number > 0xffffn && el("span", { class: "hint" }, ` (sint ${zigzag})`);
}

function fixed(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return bytes.length === 8
    ? `${view.getBigUint64(0, true)} (double ${view.getFloat64(0, true)})`
    : `${view.getUint32(0, true)} (float ${Number(view.getFloat32(0, true).toPrecision(7))})`;
}
