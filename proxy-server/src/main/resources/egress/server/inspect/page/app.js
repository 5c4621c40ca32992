// The page: it puts the list, the detail and the gate's stream together.

import * as api from "./api.js";
import { AskView } from "./asks.js";
import { Detail } from "./detail.js";
import { button, el, fill } from "./dom.js";
import { count, size } from "./format.js";
import { FlowList } from "./list.js";
import { showPolicy } from "./policy.js";
import { openReplay } from "./replay.js";

const TYPING_MILLIS = 250;
const MOST_WAITING = 20_000;

const filter = document.getElementById("filter");
const find = document.getElementById("find");
const fault = document.getElementById("filter-fault");
const counts = document.getElementById("counts");
const traffic = document.getElementById("traffic");

let mayReplay = false;
let proxy = "127.0.0.1:9099";
let showsHandshakes = false;
let connected = false;
let paused = false;
let held = 0;
let waiting = [];
let stop = () => {};
let typing;
let awaited = null;

const list = new FlowList((flow, opens) => {
  if (opens || !detail.element.hidden) {
    openDetail(flow);
  }
});

const detail = new Detail({
  close: closeDetail,
  mark: () => list.mark(),
  sent: (client, after) => {
    awaited = { client, after };
  },
  replays: () => mayReplay,
});

const splitter = el("div", {
  class: "splitter",
  role: "separator",
  tabindex: "0",
  "aria-orientation": "vertical",
  "aria-label": "Width of the detail",
  "aria-valuemin": "25",
  "aria-valuemax": "80",
  hidden: true,
});

const handshakes = button("TLS", toggleHandshakes, {
  "aria-pressed": "false",
  title: "Show ClientHellos too: of passthrough and of handshakes that failed",
});
const asksView = document.getElementById("asks");
const views = [["Traffic", traffic], ["Policy", document.getElementById("policy")], ["Asks", asksView]];
const viewButtons = views.map(([name], i) => button(name, () => showView(i), { "aria-pressed": String(i === 0) }));
const asksButton = viewButtons[2];
const asks = new AskView(asksView, (open) => {
  fill(asksButton, "Asks", open > 0 && el("span", { class: "chip bad" }, String(open)));
  document.title = open > 0 ? `(${open}) egress-proxy` : "egress-proxy";
});

const pause = button("Pause", togglePause, { "aria-pressed": "false", title: "Hold what comes back (p)" });

function start() {
  asksButton.hidden = true;
  document.getElementById("views").append(...viewButtons);
  traffic.append(list.element, splitter, detail.element);
  document.getElementById("actions").append(
    handshakes,
    pause,
    button("Clear", clear, { title: "Forget all flows (x)" }),
    button("HAR", exportHar, { title: "Export what the filter shows as a HAR file" }),
    button("?", openHelp, { "aria-label": "Help", title: "Keys and filters (?)" }),
  );
  filter.addEventListener("input", onTyping);
  find.addEventListener("input", onTyping);
  for (const field of [filter, find]) {
    field.addEventListener("keydown", (event) => {
      if (event.key === "Escape" || event.key === "Enter") {
        list.grid.focus();
        event.stopPropagation();
        event.preventDefault();
      }
    });
  }
  document.addEventListener("keydown", onKey);
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target)) {
        menu.open = false;
      }
    }
  });
  bindSplitter();
  fill(document.getElementById("hints"), hints());
  api.about().then(
    (about) => {
      mayReplay = about.replay;
      if (about.asks) {
        asksButton.hidden = false;
        asks.follow();
      }
      proxy = about.proxy ?? proxy;
      sayEmpty();
    },
    (refused) => list.sayEmpty(el("p", {}, refused.message)),
  );
  sayEmpty();
  follow();
  list.grid.focus();
}

/** Asks for what the two fields let through, from the oldest on. */
function follow() {
  stop();
  stop = api.follow(asked(), find.value, take, (is) => {
    connected = is;
    showCounts();
  });
}

/** The filter in force: every connection has a ClientHello, which few want to see among the exchanges. */
function asked() {
  const typed = filter.value.trim();
  return showsHandshakes ? typed : typed === "" ? "~http" : `(${typed}) & ~http`;
}

function toggleHandshakes() {
  showsHandshakes = !showsHandshakes;
  handshakes.setAttribute("aria-pressed", String(showsHandshakes));
  follow();
}

function take(batch, fresh) {
  held = batch.bytes;
  if (fresh) {
    waiting = [];
    const chosen = list.chosen?.number;
    const follows = list.follows;
    list.reset();
    list.apply(batch);
    list.chosen = list.byNumber.get(chosen) ?? null;
    list.follows = follows || chosen === undefined;
  } else if (paused && waiting.length < MOST_WAITING) {
    waiting.push(batch);
  } else {
    list.apply(batch);
  }
  batch.flows.forEach((flow) => detail.refresh(flow));
  showReplayed(batch);
  showCounts();
}

/** Chooses the flow of the request that was sent again. */
function showReplayed(batch) {
  const found = awaited && batch.flows.find((flow) => flow.client === awaited.client && flow.number > awaited.after && flow.method !== "TLS");
  if (found) {
    awaited = null;
    list.choose(list.byNumber.get(found.number), true);
  }
}

function showCounts() {
  const behind = waiting.reduce((sum, batch) => sum + batch.flows.length, 0);
  fill(
    counts,
    el("span", { class: `dot ${connected ? (paused ? "paused" : "live") : "off"}` }),
    connected ? (paused ? `paused, ${count(behind)} behind` : "live") : "the gate does not answer",
    ` · ${count(list.flows.length)} ${list.flows.length === 1 ? "flow" : "flows"} · ${size(held)} held`,
  );
}

function sayEmpty() {
  if (filter.value.trim() === "" && find.value === "") {
    list.sayEmpty(
      el("h2", {}, "Nothing went through yet"),
      el("p", {}, "Send a request through the gate, such as:"),
      el("pre", {}, `curl --proxy ${proxy} --cacert ~/.egress-proxy/ca.pem https://example.com/`),
    );
  } else {
    list.sayEmpty(el("h2", {}, "Nothing matches"), el("p", {}, "What comes from now on is looked at, too."));
  }
}

function onTyping() {
  clearTimeout(typing);
  typing = setTimeout(applyFilter, TYPING_MILLIS);
}

async function applyFilter() {
  const text = filter.value;
  const checked = await api.checkFilter(text);
  if (text !== filter.value) {
    return;
  }
  filter.setAttribute("aria-invalid", String(!checked.valid));
  fault.hidden = checked.valid;
  if (checked.valid) {
    sayEmpty();
    follow();
  } else {
    showFault(text, checked);
  }
}

/** The filter with the place that cannot be read, and what was expected there. */
function showFault(text, { position, words }) {
  fill(
    fault,
    el("code", {}, text.slice(0, position), el("mark", {}, text.slice(position, position + 1) || " "), text.slice(position + 1)),
    el("span", {}, words),
  );
}

function togglePause() {
  paused = !paused;
  pause.setAttribute("aria-pressed", String(paused));
  pause.textContent = paused ? "Resume" : "Pause";
  if (!paused) {
    waiting.forEach((batch) => list.apply(batch));
    waiting = [];
  }
  showCounts();
}

async function clear() {
  closeDetail();
  waiting = [];
  list.reset();
  list.marked.clear();
  await api.clear();
}

function exportHar() {
  const name = `egress-${new Date().toISOString().slice(0, 19).replaceAll(":", "-")}.har`;
  el("a", { href: api.harAddress(asked(), find.value), download: name }).click();
}

function showView(chosen) {
  views.forEach(([, view], i) => {
    view.hidden = i !== chosen;
    viewButtons[i].setAttribute("aria-pressed", String(i === chosen));
  });
  if (chosen === 1) {
    showPolicy(views[1][1], (number) => {
      showView(0);
      list.choose(list.byNumber.get(number), true);
    });
  } else {
    list.draw();
  }
}

function openDetail(flow) {
  traffic.classList.add("split");
  splitter.hidden = false;
  detail.show(flow);
}

function closeDetail() {
  if (!detail.element.hidden) {
    detail.hide();
    splitter.hidden = true;
    traffic.classList.remove("split");
    list.grid.focus();
    list.draw();
  }
}

function bindSplitter() {
  const widen = (percent) => {
    const width = Math.min(80, Math.max(25, percent));
    traffic.style.setProperty("--detail", `${width}%`);
    splitter.setAttribute("aria-valuenow", String(Math.round(width)));
  };
  widen(55);
  splitter.addEventListener("pointerdown", (event) => {
    splitter.setPointerCapture(event.pointerId);
    event.preventDefault();
  });
  splitter.addEventListener("pointermove", (event) => {
    if (splitter.hasPointerCapture(event.pointerId)) {
      const { left, width } = traffic.getBoundingClientRect();
      widen(100 - (100 * (event.clientX - left)) / width);
    }
  });
  splitter.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: 5, ArrowRight: -5 }[event.key];
    if (step) {
      widen(Number(splitter.getAttribute("aria-valuenow")) + step);
      event.preventDefault();
    }
  });
}

function onKey(event) {
  const typed = event.target.matches("input, textarea, select");
  if (typed || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) {
    return;
  }
  const act = {
    "/": () => filter.focus(),
    f: () => find.focus(),
    p: togglePause,
    x: clear,
    m: () => list.mark(),
    r: () => mayReplay && detail.flow?.request && openReplay(detail.flow, (client, after) => {
      awaited = { client, after };
    }),
    "?": openHelp,
    Escape: closeDetail,
    "[": () => detail.step(-1),
    "]": () => detail.step(1),
  }[event.key];
  if (act) {
    act();
    event.preventDefault();
  }
}

function hints() {
  return [["/", "filter"], ["↑ ↓", "move"], ["Enter", "open"], ["Esc", "close"], ["?", "all keys"]].map(([key, what]) => [
    el("kbd", {}, key),
    ` ${what} `,
  ]);
}

const KEYS = [
  ["↑ ↓ or k j", "the flow before, the next one"],
  ["Home End, PgUp PgDn", "far through the list"],
  ["Enter", "open the detail"],
  ["[ ]", "the tab before, the next one"],
  ["Esc", "close the detail"],
  ["/", "filter"],
  ["f", "find text in URLs, fields and bodies"],
  ["p", "pause and resume"],
  ["x", "clear"],
  ["m", "mark the flow"],
  ["r", "send the request again"],
];

const FILTERS = [
  ["~d api.example", "host"],
  ["~m POST", "method"],
  ["~c 403, ~c 5xx", "status"],
  ["~u /v1/", "URL; bare text does the same"],
  ["~b text, ~bq, ~bs", "in a body, of requests, of responses"],
  ["~h \"x-a: 1\", ~hq, ~hs", "a field"],
  ["~t json, ~tq, ~ts", "Content-Type"],
  ["~v denied", "verdict or its code"],
  ["~r name", "route"],
  ["~dlp", "DLP found something"],
  ["~e, ~q, ~s", "failed, without an answer, with one"],
  ["~http, ~websocket", "exchanges, WebSockets"],
  ["~src 127.0.0.1:47", "the caller's address"],
  ["! & | ( )", "not, and, or; side by side is and"],
];

function openHelp() {
  const rows = (all) => el("dl", {}, all.map(([key, what]) => [el("dt", {}, el("kbd", {}, key)), el("dd", {}, what)]));
  const dialog = el(
    "dialog",
    { class: "help", "aria-label": "Help" },
    el("div", { class: "columns" },
      el("section", {}, el("h2", {}, "Keys"), rows(KEYS)),
      el("section", {}, el("h2", {}, "Filters"), rows(FILTERS))),
    el("div", { class: "buttons" }, button("Close", () => dialog.close(), { class: "primary" })),
  );
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

start();
