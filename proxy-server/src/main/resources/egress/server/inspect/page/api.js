// What the page asks the gate; nothing is asked of anybody else.

async function ask(path, options = {}) {
  const response = await fetch(`api/${path}`, { credentials: "same-origin", ...options });
  if (!response.ok) {
    throw new Error((await response.text()).trim() || `the gate answered ${response.status}`);
  }
  return response;
}

export async function about() {
  return (await ask("about")).json();
}

/** Whether a filter can be read: {valid, position, words}. */
export async function checkFilter(text) {
  return (await ask(`filter?q=${encodeURIComponent(text)}`)).json();
}

export async function flow(number) {
  return (await ask(`flows/${number}`)).json();
}

/** Decoded bytes of a body: {bytes, cut, fault}. `part` is request, response or message/N. */
export async function body(number, part) {
  const response = await ask(`flows/${number}/${part}`);
  return {
    bytes: new Uint8Array(await response.arrayBuffer()),
    cut: response.headers.get("x-body-cut") === "true",
    fault: response.headers.get("x-body-fault"),
  };
}

export async function clear() {
  await ask("clear", { method: "POST" });
}

/** Rules with their hits, and denials by reason. */
export async function policy() {
  return (await ask("policy")).json();
}

/** What would let a flow that was denied through: {yaml, words}, or {words} where nothing would. */
export async function rule(number) {
  return (await ask(`flows/${number}/rule`)).json();
}

/** What would become of a request: {allowed, code, words, route, credential, readings}. */
export async function explain(method, url) {
  const response = await ask("explain", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ method, url }),
  });
  return response.json();
}

/** Questions that nobody has answered yet, the oldest first. */
export async function asks() {
  return (await (await ask("asks")).json()).asks;
}

/** Answers one: {id, answer, minutes, path_prefix, why}; gives what became of it. */
export async function answer(said) {
  const response = await ask("asks/answer", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(said),
  });
  return (await response.json()).state;
}

/** Sends a request again; gives the address that it comes from. */
export async function replay(request) {
  const response = await ask("replay", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(request),
  });
  return (await response.json()).client;
}

/** Where the HAR of what the filter lets through is; it may be large, so the browser writes it to a file as it comes. */
export function harAddress(filter, text) {
  return `api/har?${query(filter, text)}`;
}

function query(filter, text) {
  return `filter=${encodeURIComponent(filter)}&text=${encodeURIComponent(text)}`;
}

/** Follows the flows that the filter lets through, from the oldest held on; returns how to stop. */
export function follow(filter, text, onBatch, onState) {
  const source = new EventSource(`api/events?${query(filter, text)}`);
  let fresh = true;
  source.onopen = () => {
    fresh = true; // it begins anew with all that is held
    onState(true);
  };
  source.onmessage = (event) => {
    onBatch(JSON.parse(event.data), fresh);
    fresh = false;
  };
  source.onerror = () => onState(false);
  return () => source.close();
}
