// Bodies that have parts: forms, multipart, server-sent events.

/** The pairs of an urlencoded form. */
export function formPairs(text) {
  return text.split("&").filter((pair) => pair !== "").map((pair) => {
    const at = pair.indexOf("=");
    return at < 0 ? [unescape(pair), ""] : [unescape(pair.slice(0, at)), unescape(pair.slice(at + 1))];
  });
}

function unescape(text) {
  const spaced = text.replaceAll("+", " ");
  try {
    return decodeURIComponent(spaced);
  } catch {
    return spaced;
  }
}

/** The events of a text/event-stream: {event, id, data}; an event without its end is there too, as far as it came. */
export function serverEvents(text) {
  const events = [];
  let event = fresh();
  for (const line of text.replace(/^\ufeff/, "").split(/\r\n|\n|\r/)) {
    if (line === "") {
      if (event.lines > 0) {
        events.push(event);
      }
      event = fresh();
    } else if (!line.startsWith(":")) {
      take(event, line);
    }
  }
  if (event.lines > 0) {
    events.push(event);
  }
  return events;
}

function fresh() {
  return { event: "", id: "", data: "", lines: 0 };
}

function take(event, line) {
  const at = line.indexOf(":");
  const name = at < 0 ? line : line.slice(0, at);
  const value = at < 0 ? "" : line.slice(at + 1).replace(/^ /, "");
  event.lines++;
  if (name === "data") {
    event.data += event.data === "" ? value : `\n${value}`;
  } else if (name === "event" || name === "id") {
    event[name] = value;
  }
}

/** The parts of a multipart body: {fields, bytes}; null where the boundary is not there. */
export function multipartParts(bytes, contentType) {
  const found = /boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(contentType);
  if (!found) {
    return null;
  }
  const boundary = new TextEncoder().encode(`--${found[1] ?? found[2]}`);
  const parts = [];
  let at = indexOf(bytes, boundary, 0);
  while (at >= 0 && parts.length < 1_000) {
    const begin = at + boundary.length;
    if (bytes[begin] === 0x2d && bytes[begin + 1] === 0x2d) {
      break;
    }
    const next = indexOf(bytes, boundary, begin);
    parts.push(part(bytes.subarray(begin, next < 0 ? bytes.length : next)));
    at = next;
  }
  return parts.length > 0 ? parts : null;
}

function part(bytes) {
  const blank = new Uint8Array([13, 10, 13, 10]);
  const end = indexOf(bytes, blank, 0);
  const head = new TextDecoder().decode(bytes.subarray(0, end < 0 ? 0 : end));
  const fields = head.split("\r\n").filter((line) => line.includes(":")).map((line) => {
    const at = line.indexOf(":");
    return [line.slice(0, at), line.slice(at + 1).trim()];
  });
  const begin = end < 0 ? 0 : end + 4;
  const body = bytes.subarray(begin);
  const closed = body.length >= 2 && body.at(-2) === 13 && body.at(-1) === 10;
  return { fields, bytes: closed ? body.subarray(0, -2) : body };
}

function indexOf(bytes, sought, from) {
  let at = bytes.indexOf(sought[0], from);
  while (at >= 0) {
    let i = 1;
    while (i < sought.length && bytes[at + i] === sought[i]) {
      i++;
    }
    if (i === sought.length) {
      return at;
    }
    at = bytes.indexOf(sought[0], at + 1);
  }
  return -1;
}
