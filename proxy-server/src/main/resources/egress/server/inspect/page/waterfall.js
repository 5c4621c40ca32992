// Where the time of an exchange went.

import { el } from "./dom.js";
import { duration } from "./format.js";

/** Bars on one line of time, from the request's head on; the caller's own connection stands above them. */
export function waterfall(timings) {
  const end = Math.max(1, timings.last_byte ?? timings.first_byte ?? timings.stream ?? timings.verdict ?? 1);
  const rows = exchangeBars(timings, end).filter(([, from, to]) => to > from || to === from);
  const before = ["accept", "hello", "mint", "handshake"].filter((name) => timings[name] > 0);
  return el(
    "div",
    { class: "waterfall" },
    before.length > 0 && el("p", { class: "before" }, "The caller's connection before it: ",
      before.map((name, i) => [i > 0 && ", ", `${WORDS[name]} `, el("b", {}, duration(timings[name]))])),
    rows.length === 0 && el("p", { class: "none" }, "Nothing was measured yet."),
    rows.map(([name, from, to, kind]) => bar(name, from, to, end, kind)),
  );
}

const WORDS = { accept: "open for", hello: "ClientHello after", mint: "certificate", handshake: "TLS handshake" };

function exchangeBars(timings, end) {
  const { verdict, stream, connect = 0, tls = 0, first_byte: first, last_byte: last } = timings;
  const bars = [];
  if (verdict !== undefined) {
    bars.push(["Verdict", 0, verdict, "verdict"]);
  }
  if (stream !== undefined) {
    const dialled = Math.max(0, stream - connect - tls);
    if (connect > 0) {
      bars.push(["Connect", dialled, dialled + connect, "connect"]);
    }
    if (tls > 0) {
      bars.push(["TLS to the origin", dialled + connect, stream, "tls"]);
    }
    if (connect === 0 && tls === 0 && stream > (verdict ?? 0)) {
      bars.push(["Wait for a stream", verdict ?? 0, stream, "connect"]);
    }
    bars.push(["Wait for the answer", stream, first ?? end, "wait"]);
  }
  if (first !== undefined) {
    bars.push(["Answer", first, last ?? end, "answer"]);
  }
  return bars;
}

function bar(name, from, to, end, kind) {
  const fill = el("span", { class: `fill ${kind}` });
  fill.style.left = `${(100 * Math.min(from, end)) / end}%`;
  fill.style.width = `max(2px, ${(100 * Math.max(0, Math.min(to, end) - Math.min(from, end))) / end}%)`;
  return el(
    "div",
    { class: "track" },
    el("span", { class: "name" }, name),
    el("span", { class: "time" }, fill),
    el("span", { class: "took" }, duration(Math.max(0, to - from))),
  );
}
