// A conversation as a person reads it: turns, what was thought, tool calls with what came back.

import * as api from "./api.js";
import { asText } from "./body.js";
import { button, el, fill } from "./dom.js";
import { count } from "./format.js";
import { valueTree } from "./json.js";
import { conversation } from "./llm.js";

const LONG = 3_000;

/** The view of a flow whose bodies are asked for now. */
export function llmView(flow) {
  const view = el("div", { class: "llm" }, el("p", { class: "none" }, "Loading…"));
  const asked = [api.body(flow.number, "request"), flow.response ? api.body(flow.number, "response") : { bytes: new Uint8Array() }];
  Promise.all(asked).then(
    ([request, response]) => {
      const talk = conversation(flow.path, asText(request.bytes) ?? "", asText(response.bytes) ?? "");
      fill(view, talk ? render(talk, flow) : el("p", { class: "none" }, "No conversation that this page knows."));
    },
    (fault) => fill(view, el("p", { class: "note bad" }, fault.message)),
  );
  return view;
}

function render(talk, flow) {
  const names = new Map();
  talk.turns.forEach((turn) => turn.parts.forEach((part) => part.kind === "call" && names.set(part.id, part.name)));
  return [
    facts(talk, flow),
    talk.error && el("p", { class: "note bad" }, talk.error),
    (flow.request.body.truncated || flow.response?.body.truncated) &&
      el("p", { class: "note" }, "Not all of it was kept: a part is missing at the end."),
    talk.tools.length > 0 && tools(talk.tools),
    talk.system.length > 0 && turnView({ role: "system", parts: talk.system }, names),
    talk.turns.map((turn) => turnView(turn, names)),
  ];
}

function facts(talk, flow) {
  const { input, output, cached, written, reasoning } = talk.usage;
  const seconds = flow.timings.last_byte && (flow.timings.last_byte - (flow.timings.first_byte ?? 0)) / 1e6;
  const rows = [
    ["Model", talk.model || "not named"],
    ["API", talk.provider + (talk.streamed ? ", streamed" : "")],
    ["Input", tokens(input)],
    ["of it cached", tokens(cached)],
    ["put into cache", tokens(written)],
    ["Output", tokens(output)],
    ["of it reasoning", tokens(reasoning)],
    ["Speed", talk.streamed && output && seconds > 0.05 && `${Math.round(output / seconds)} tokens/s`],
    ["Stopped by", talk.stop],
  ];
  return el("dl", { class: "facts" }, rows.filter(([, value]) => value).map(([name, value]) =>
    el("div", {}, el("dt", {}, name), el("dd", {}, value))));
}

function tokens(n) {
  return typeof n === "number" && n > 0 ? `${count(n)} tokens` : "";
}

function tools(list) {
  return el(
    "details",
    { class: "tools" },
    el("summary", {}, `${list.length} ${list.length === 1 ? "tool" : "tools"} on offer`),
    el("dl", {}, list.map((tool) => [el("dt", {}, tool.name), el("dd", {}, tool.about)])),
  );
}

function turnView(turn, names) {
  return el(
    "section",
    { class: `turn ${turnClass(turn)}` },
    el("h3", {}, turn.role || "unknown", turn.answer && el("span", { class: "chip" }, "answer")),
    el("div", { class: "parts" }, turn.parts.length > 0 ? turn.parts.map((part) => partView(part, names)) : el("p", { class: "none" }, "Nothing.")),
  );
}

function turnClass(turn) {
  const role = turn.parts.length > 0 && turn.parts.every((part) => part.kind === "result") ? "tool" : turn.role;
  return `${["system", "user", "assistant", "tool"].includes(role) ? role : "other"}${turn.answer ? " answer" : ""}`;
}

function partView(part, names) {
  switch (part.kind) {
    case "thinking":
      return el("details", { class: "thinking" }, el("summary", {}, "Thinking"), longText(part.text));
    case "call":
      return el(
        "div",
        { class: "call" },
        el("div", { class: "label" }, el("span", { class: "kind" }, "calls"), el("code", {}, part.name), el("span", { class: "hint" }, part.id)),
        part.input !== null && typeof part.input === "object" ? valueTree(part.input) : longText(String(part.input ?? "")),
      );
    case "result":
      return el(
        "div",
        { class: `result${part.failed ? " bad" : ""}` },
        el("div", { class: "label" }, el("span", { class: "kind" }, part.failed ? "failed" : "result"),
          el("code", {}, names.get(part.id) ?? ""), el("span", { class: "hint" }, part.id)),
        part.parts.map((each) => partView(each, names)),
      );
    case "media":
      return el("div", { class: "media" }, `▣ ${part.text}`);
    default:
      return longText(part.text);
  }
}

/** Text with its line breaks; of long text the beginning, and the rest when it is asked for. */
function longText(text) {
  if (text.length <= LONG) {
    return el("div", { class: "prose" }, text);
  }
  const short = el("div", { class: "prose" }, `${text.slice(0, LONG)}…`);
  const more = button(`all ${count(text.length)} characters`, () => {
    fill(short, text);
    more.remove();
  }, { class: "link" });
  return [short, more];
}
