// What the routes say, and what came of it.

import * as api from "./api.js";
import { button, copyText, el, fill } from "./dom.js";
import { clock, count } from "./format.js";

const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/** Fills the view; `openFlow` shows the flow with a number in the list. */
export async function showPolicy(view, openFlow) {
  try {
    const policy = await api.policy();
    fill(
      view,
      el("div", { class: "head" }, el("h2", {}, "Policy"), button("Refresh", () => showPolicy(view, openFlow))),
      explainForm(),
      el("section", { class: "part denials" }, el("h3", {}, "Denials by reason"), denials(policy.denials, openFlow)),
      policy.flips.length > 0
        && el("section", { class: "part flips" }, el("h3", {}, "What the shadow routes would decide otherwise"), flips(policy.flips, openFlow)),
      el("section", { class: "part routes" }, el("h3", {}, "Rules and how often they let a request through"), routes(policy.routes)),
    );
  } catch (fault) {
    fill(view, el("p", { class: "note bad" }, fault.message));
  }
}

function routes(all) {
  if (all.length === 0) {
    return el("p", { class: "none" }, "There are no routes: a debugging proxy, which allows everything.");
  }
  return el(
    "table",
    { class: "rules" },
    el("thead", {}, el("tr", {}, ["Route", "Rule", "Hits", "Last"].map((name) => el("th", { scope: "col" }, name)))),
    el("tbody", {}, all.map(routeRows)),
  );
}

function routeRows(route) {
  const rules = route.rules.length > 0 ? route.rules : [{ name: route.passthrough ? "passthrough: nothing inside is read" : "", count: null }];
  return rules.map((rule, i) =>
    el(
      "tr",
      { class: rule.count === 0 ? "unused" : "" },
      i === 0
        ? el("th", { scope: "rowgroup", rowspan: rules.length }, route.name, route.credential && el("div", { class: "hint" }, route.credential))
        : null,
      el("td", {}, el("code", {}, rule.name)),
      el("td", { class: "count" }, rule.count === null ? "" : rule.count === 0 ? "never" : count(rule.count)),
      el("td", { class: "count" }, rule.last ? clock(rule.last) : ""),
    ));
}

function denials(reasons, openFlow) {
  if (reasons.length === 0) {
    return el("p", { class: "none" }, "Nothing was denied yet.");
  }
  return reasons.map((reason, i) =>
    el(
      "details",
      { open: i === 0, class: "reason" },
      el("summary", {}, el("code", {}, reason.code), el("span", { class: "chip bad" }, count(reason.count)),
        el("span", { class: "hint" }, ` last at ${clock(reason.last)}`)),
      reason.flows.length === 0
        ? el("p", { class: "none" }, "None of them is held any more.")
        : el("ul", { class: "requests" }, reason.flows.map((flow) => denial(flow, openFlow))),
    ));
}

function flips(all, openFlow) {
  return el("ul", { class: "requests" }, all.map((flip) =>
    el(
      "li",
      {},
      requestLine(flip, button("Show", () => openFlow(flip.number))),
      el("div", { class: "hint" }, `${flip.from} would be ${flip.to}${flip.rule && ` by ${flip.rule}`}`),
    )));
}

/** When, what, and what can be done with it. */
function requestLine(flow, ...buttons) {
  return el(
    "div",
    { class: "line" },
    el("span", { class: "hint" }, clock(flow.time)),
    el("code", {}, flow.method),
    el("bdi", { class: "address" }, flow.url),
    buttons,
  );
}

function denial(flow, openFlow) {
  const place = el("div", {});
  return el(
    "li",
    {},
    requestLine(
      flow,
      button("Show", () => openFlow(flow.number)),
      button("Narrowest rule", () => showRule(flow.number, place)),
    ),
    el("div", { class: "hint" }, flow.why),
    place,
  );
}

/** The rule that would have let a request through, to be copied into the routes file by a person who wants that. */
export async function showRule(number, place) {
  try {
    const { yaml, words } = await api.rule(number);
    if (!yaml) {
      fill(place, el("p", { class: "note" }, words));
      return;
    }
    const copy = button("Copy", () => copyText(yaml, copy));
    fill(place, el("div", { class: "rule" }, el("p", {}, words), el("pre", { class: "text" }, yaml), copy));
  } catch (fault) {
    fill(place, el("p", { class: "note bad" }, fault.message));
  }
}

function explainForm() {
  const method = el("select", { id: "explain-method", "aria-label": "Method" }, METHODS.map((name) => el("option", {}, name)));
  const url = el("input", { id: "explain-url", type: "text", spellcheck: "false", autocomplete: "off", placeholder: "https://api.example.com/v1/x", "aria-label": "URL" });
  const answer = el("div", { class: "explained", role: "status" });
  const ask = async () => {
    try {
      fill(answer, explained(await api.explain(method.value, url.value)));
    } catch (fault) {
      fill(answer, el("p", { class: "note bad" }, fault.message));
    }
  };
  url.addEventListener("keydown", (event) => event.key === "Enter" && ask());
  return el(
    "section",
    { class: "part" },
    el("h3", {}, "What would become of a request"),
    el("div", { class: "explain" }, method, url, button("Explain", ask, { class: "primary" })),
    answer,
  );
}

function explained(answer) {
  return [
    el("p", { class: `note ${answer.allowed ? "good" : "bad"}` },
      el("b", {}, answer.allowed ? "allowed" : `denied ${answer.code}`), ` ${answer.words}`),
    answer.route && el("p", {}, "Route ", el("code", {}, answer.route), answer.credential && `, with ${answer.credential}`),
    answer.readings.map((reading) =>
      el("p", { class: "hint" }, `read as ${reading.path}: ${reading.allowed ? `allowed by ${reading.rules || "default"}` : "no rule holds"}`)),
  ];
}
