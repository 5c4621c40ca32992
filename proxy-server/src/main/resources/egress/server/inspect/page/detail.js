// One flow: what was asked, what was answered, what the gate made of it.

import * as api from "./api.js";
import { asText, bodyView, shown } from "./body.js";
import { copyable, curl, javascript, python } from "./copy.js";
import { button, copyText, el, fill, table, tabs } from "./dom.js";
import { authority, clock, duration, field, sizeInWords } from "./format.js";
import { mayBeConversation } from "./llm.js";
import { llmView } from "./llmview.js";
import { showRule } from "./policy.js";
import { openReplay } from "./replay.js";
import { waterfall } from "./waterfall.js";

const MESSAGES_AT_ONCE = 200;

export class Detail {
  /** @param actions close(), mark() and sent(client, number): what the buttons do; `replays` whether a request may be sent again */
  constructor(actions) {
    this.actions = actions;
    this.tab = "overview";
    this.element = el("section", { class: "detail", "aria-label": "Detail", hidden: true });
  }

  /** Shows a flow of the list; the newest of several calls wins. */
  async show(row) {
    const asked = (this.asked = Symbol(row.number));
    this.element.hidden = false;
    try {
      const flow = await api.flow(row.number);
      if (this.asked === asked) {
        this.flow = flow;
        this.render(flow);
      }
    } catch (fault) {
      if (this.asked === asked) {
        fill(this.element, el("div", { class: "panel" }, el("p", { class: "note bad" }, fault.message)));
      }
    }
  }

  /** The flow changed while it is shown. */
  refresh(row) {
    const stale = this.flow?.number === row.number
      && (this.flow.state !== row.state || this.flow.messages !== row.messages || this.flow.shadow?.to !== row.shadow?.to);
    if (!stale || this.waits) {
      return;
    }
    this.waits = setTimeout(() => {
      this.waits = undefined;
      if (!this.element.hidden && this.flow?.number === row.number) {
        this.show(row);
      }
    }, 300);
  }

  hide() {
    this.asked = null;
    this.flow = null;
    this.element.hidden = true;
    fill(this.element);
  }

  render(flow) {
    const list = [{ id: "overview", label: "Overview", render: () => overview(flow) }];
    if (mayBeConversation(flow)) {
      list.push({ id: "conversation", label: "Conversation", render: () => llmView(flow) });
    }
    if (flow.request) {
      list.push({ id: "request", label: "Request", render: () => side(flow, flow.request, "request") });
      list.push({ id: "response", label: "Response", render: () => side(flow, flow.response, "response") });
    }
    if (flow.socket.length > 0 || flow.messagesDropped > 0) {
      list.push({ id: "messages", label: `Messages ${flow.socket.length}`, render: () => messagesView(flow) });
    }
    const focused = this.element.contains(document.activeElement) && document.activeElement.id;
    fill(
      this.element,
      head(flow, this.actions),
      tabs("detail", list, this.tab, (id) => {
        this.tab = id;
      }),
    );
    if (focused) {
      document.getElementById(focused)?.focus();
    }
  }

  /** Goes to the next tab, or the one before. */
  step(by) {
    const all = [...this.element.querySelectorAll("[role=tab]")];
    const at = all.findIndex((each) => each.getAttribute("aria-selected") === "true");
    all[(at + by + all.length) % all.length]?.click();
  }
}

function head(flow, actions) {
  const status = flow.status ?? (flow.state === "ended" ? "no answer" : "waiting");
  return el(
    "div",
    { class: "title" },
    el(
      "h2",
      {},
      el("span", { class: "method" }, flow.method),
      el("span", { class: `badge ${badge(flow)}` }, flow.verdict === "denied" ? `denied ${flow.status ?? ""}` : status),
      el("bdi", { class: "address" }, flow.url ?? authority(flow)),
    ),
    el(
      "div",
      { class: "buttons" },
      flow.request && copyMenu(flow),
      flow.request && actions.replays() && button("Replay…", () => openReplay(flow, actions.sent), { title: "Send it again, edited or not (r)" }),
      button("Mark", actions.mark, { title: "Mark it in the list (m)" }),
      button("✕", actions.close, { class: "close", "aria-label": "Close the detail", title: "Close (Esc)" }),
    ),
  );
}

function badge(flow) {
  if (flow.verdict === "denied") {
    return "denied";
  }
  return flow.verdict === "failed" || flow.verdict === "aborted" ? "failed" : flow.status ? `s${Math.floor(flow.status / 100)}` : "waiting";
}

function copyMenu(flow) {
  const menu = el("details", { class: "menu" }, el("summary", { class: "button" }, "Copy"));
  const item = (label, make) => {
    const entry = button(label, async () => {
      const { bytes } = await api.body(flow.number, "request");
      await copyText(make(copyable(flow, bytes, asText(bytes))), entry);
      setTimeout(() => {
        menu.open = false;
      }, 700);
    });
    return entry;
  };
  menu.append(el(
    "div",
    { class: "items" },
    item("as cURL", curl),
    item("as Python", python),
    item("as JavaScript", javascript),
    item("the URL", ({ url }) => url),
  ));
  menu.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && menu.open) {
      menu.open = false;
      menu.firstChild.focus();
      event.stopPropagation();
    }
  });
  return menu;
}

function overview(flow) {
  const rule = el("div", {});
  return [
    flow.why && el("p", { class: `note ${flow.verdict === "denied" ? "bad" : ""}` }, flow.why),
    flow.verdict === "denied" && [button("Narrowest rule", () => showRule(flow.number, rule)), rule],
    section("Decision", table("Decision", known([
      ["Verdict", el("span", { class: `badge ${badge(flow)}` }, flow.verdict)],
      ["Code", flow.code && el("code", {}, flow.code)],
      ["Route", flow.route],
      ["Rule", flow.rule && el("code", {}, flow.rule)],
      ["Credential", flow.request && (flow.injected ? "written by the gate" : "none written")],
    ]))),
    flow.shadow && section("Shadow routes", table("Shadow routes", known([
      ["In force", el("code", {}, flow.shadow.from)],
      ["Shadow", el("code", {}, flow.shadow.to)],
      ["Rule", flow.shadow.rule && el("code", {}, flow.shadow.rule)],
    ]))),
    flow.found.length > 0 && section("What DLP found", foundTable(flow.found)),
    flow.request && section("Time", waterfall(flow.timings)),
    section("Connection", table("Connection", known([
      ["Time", `${new Date(flow.time).toLocaleDateString("en-CA")} ${clock(flow.time, true)}`],
      ["Agent", flow.user ? `${flow.user} (${flow.client})` : flow.client],
      ["HTTP", flow.request && `${flow.request.version}${flow.upstream.version ? ` → ${flow.upstream.version}` : ""}`],
      ["Origin", flow.upstream.address && `${flow.upstream.address}${flow.upstream.reused ? ", a connection that was open" : ", a new connection"}`],
      ["TLS to the agent", flow.scheme === "https" && [agreed(flow.tls), "by the gate's certificate"].filter(Boolean).join(", ")],
      ["TLS to the origin", flow.upstream.tls && `${agreed(flow.upstream.tls)}, verified`],
      ["SNI", flow.hello && (flow.hello.sni ?? "none")],
      ["ALPN offered", flow.hello && (flow.hello.alpn.join(", ") || "none")],
      ["CONNECT to", flow.hello && `${flow.hello.host}:${flow.hello.port}`],
      ["Sent", flow.request && sizeInWords(flow.request.body.length)],
      ["Received", flow.response && sizeInWords(flow.response.body.length)],
    ]))),
    flow.upstream.tls?.certificate && section("Certificate of the origin", certificateTable(flow.upstream.tls.certificate, flow.time)),
  ];
}

function agreed(tls) {
  return tls && [tls.version, tls.cipher, tls.alpn ?? "no ALPN"].join(", ");
}

function certificateTable(certificate, time) {
  const days = Math.floor((certificate.until - time) / 86_400_000);
  const more = certificate.moreNames > 0 ? [`and ${certificate.moreNames} more`] : [];
  return table("Certificate of the origin", [
    ["Subject", certificate.subject || "none"],
    ["Issuer", certificate.issuer],
    ["Valid", `${day(certificate.from)} to ${day(certificate.until)}, ${days} days from then`],
    ["Names", [...certificate.names, ...more].join(", ") || "none"],
    ["SHA-256", el("code", {}, certificate.sha256)],
  ]);
}

function day(millis) {
  return new Date(millis).toISOString().slice(0, 10);
}

function known(rows) {
  return rows.filter(([, value]) => value);
}

function section(name, ...content) {
  return el("section", { class: "part" }, el("h3", {}, name), content);
}

function foundTable(found) {
  return el(
    "table",
    { class: "found" },
    el("thead", {}, el("tr", {}, ["Detector", "Place", "Effect", "Fingerprint"].map((name) => el("th", { scope: "col" }, name)))),
    el("tbody", {}, found.map((each) => el("tr", {},
      el("td", {}, each.detector), el("td", {}, each.place), el("td", {}, each.effect), el("td", {}, el("code", {}, each.fingerprint))))),
  );
}

function side(flow, message, part) {
  if (!message) {
    return el("p", { class: "none" }, flow.state === "ended" ? "No answer came." : "No answer yet.");
  }
  const start = part === "request"
    ? `${flow.method} ${message.path} ${message.version}`
    : `${flow.status} ${message.reason}`.trim();
  const name = `${authority(flow)}${flow.path.split("?")[0]}-${part}`.slice(-80);
  return [
    section("Body", bodyView(flow.number, part, message.body, field(message.fields, "content-type"), name)),
    section("Head", el("p", { class: "start" }, el("code", {}, start)), fieldsTable(`Fields of the ${part}`, message.fields)),
    message.trailers.length > 0 && section("Trailers", fieldsTable("Trailers", message.trailers)),
  ];
}

function fieldsTable(name, fields) {
  return fields.length > 0 ? table(name, fields, "pairs fields") : el("p", { class: "none" }, "No fields.");
}

function messagesView(flow) {
  const list = el("ol", { class: "messages" });
  const from = Math.max(0, flow.socket.length - MESSAGES_AT_ONCE);
  const earlier = (end) => {
    const begin = Math.max(0, end - MESSAGES_AT_ONCE);
    const items = flow.socket.slice(begin, end).map((message, i) => messageView(flow, message, begin + i));
    list.prepend(...items);
    if (begin > 0) {
      const more = button(`${begin} before these`, () => {
        more.parentElement.remove();
        earlier(begin);
      }, { class: "link" });
      list.prepend(el("li", { class: "more" }, more));
    }
  };
  earlier(flow.socket.length);
  return [
    flow.messagesDropped > 0 && el("p", { class: "note" }, `${flow.messagesDropped} older messages are no longer held.`),
    from === 0 && flow.socket.length === 0 && el("p", { class: "none" }, "No message yet."),
    list,
  ];
}

function messageView(flow, message, index) {
  const content = el("div", { class: "content" });
  const details = el(
    "details",
    {},
    el(
      "summary",
      {},
      el("span", { class: `way ${message.sent ? "up" : "down"}` }, message.sent ? "↑ sent" : "↓ received"),
      el("span", { class: "hint" }, `${message.text ? "text" : "binary"}, ${sizeInWords(message.payload.length)}, ${duration(message.micros)}`),
    ),
    content,
  );
  details.addEventListener("toggle", async () => {
    if (details.open && content.childElementCount === 0) {
      await showMessage(flow, message, index, content);
    }
  });
  if (message.payload.length <= 4_096) {
    details.open = true;
  }
  return el("li", {}, details);
}

async function showMessage(flow, message, index, content) {
  if (message.payload.length === 0) {
    fill(content, el("p", { class: "none" }, "An empty message."));
    return;
  }
  try {
    const { bytes } = await api.body(flow.number, `message/${index}`);
    fill(content, shown(bytes, message.text ? "text/plain" : "application/octet-stream", `message-${index}`));
  } catch (fault) {
    fill(content, el("p", { class: "note bad" }, fault.message));
  }
}
