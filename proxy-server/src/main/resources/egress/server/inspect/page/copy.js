// A request as a command or a program that sends it.

/** Written by whoever sends: a copy of them would be wrong. */
const OWN = /^(host|content-length|connection|transfer-encoding|keep-alive|proxy-.*|te|trailer|upgrade|expect|:.*)$/i;
/** The body is there decoded, so it is no longer in a coding. */
const CODING = /^content-encoding$/i;

/** A request to copy: {method, url, fields, text, bytes}; `text` is null where the body is none. */
export function copyable(flow, bytes, text) {
  const fields = flow.request.fields.filter(([name]) => !OWN.test(name) && !CODING.test(name));
  return { method: flow.method, url: flow.url, fields, bytes, text };
}

/** For a shell. */
export function curl({ method, url, fields, bytes, text }) {
  const lines = [`curl ${shell(url)}`];
  if (method !== (bytes.length > 0 ? "POST" : "GET")) {
    lines.push(method === "HEAD" ? "--head" : `--request ${shell(method)}`);
  }
  for (const [name, value] of fields) {
    lines.push(`--header ${shell(value === "" ? `${name};` : `${name}: ${value}`)}`);
  }
  const compressed = fields.some(([name]) => name.toLowerCase() === "accept-encoding");
  if (compressed) {
    lines.push("--compressed");
  }
  if (bytes.length > 0 && text === null) {
    return `printf %s ${shell(base64(bytes))} | base64 -d |\n${[...lines, "--data-binary @-"].join(" \\\n  ")}`;
  }
  if (bytes.length > 0) {
    // A value that begins with @ would be a file to --data-binary.
    lines.push(`--data-raw ${shell(text)}`);
  }
  return lines.join(" \\\n  ");
}

/** What a POSIX shell takes for exactly this text. */
function shell(text) {
  return /^[A-Za-z0-9_./:=,@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** With requests, of PyPI. */
export function python({ method, url, fields, bytes, text }) {
  const lines = ["import requests", "", "response = requests.request(", `    ${literal(method)},`, `    ${literal(url)},`];
  if (fields.length > 0) {
    lines.push("    headers={", ...joined(fields).map(([name, value]) => `        ${literal(name)}: ${literal(value)},`), "    },");
  }
  if (bytes.length > 0) {
    lines.push(text === null ? `    data=base64.b64decode(${literal(base64(bytes))}),` : `    data=${literal(text)}.encode(),`);
  }
  lines.push(")", "print(response.status_code)", "print(response.text)");
  return (bytes.length > 0 && text === null ? "import base64\n" : "") + lines.join("\n");
}

/** With fetch, of Node and of browsers. */
export function javascript({ method, url, fields, bytes, text }) {
  const lines = [`const response = await fetch(${quoted(url)}, {`, `  method: ${quoted(method)},`];
  if (fields.length > 0) {
    lines.push("  headers: [", ...fields.map(([name, value]) => `    [${quoted(name)}, ${quoted(value)}],`), "  ],");
  }
  if (bytes.length > 0) {
    lines.push(text === null ? `  body: Uint8Array.from(atob(${quoted(base64(bytes))}), (c) => c.charCodeAt(0)),` : `  body: ${quoted(text)},`);
  }
  lines.push("});", "console.log(response.status, await response.text());");
  return lines.join("\n");
}

/** A string literal that JavaScript and Python read alike; what is not ASCII is escaped, and what is beyond 16 bits for one of them. */
function quoted(text, beyond = (c) => `\\u{${hex(c, 1)}}`) {
  return JSON.stringify(text).replace(/[\u007f-\u{10ffff}]/gu, (c) => (c.length > 1 ? beyond(c) : `\\u${hex(c, 4)}`));
}

function literal(text) {
  return quoted(text, (c) => `\\U${hex(c, 8)}`);
}

function hex(character, digits) {
  return character.codePointAt(0).toString(16).padStart(digits, "0");
}

/** A dictionary has each name once: values of the same name stand together (RFC 9110, section 5.3). */
function joined(fields) {
  const byName = new Map();
  for (const [name, value] of fields) {
    const key = name.toLowerCase();
    const separator = key === "cookie" ? "; " : ", ";
    byName.set(key, byName.has(key) ? [byName.get(key)[0], byName.get(key)[1] + separator + value] : [name, value]);
  }
  return [...byName.values()];
}

/** Bytes in base64. */
export function base64(bytes) {
  let binary = "";
  for (let at = 0; at < bytes.length; at += 0x8000) {
    binary += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  }
  return btoa(binary);
}
