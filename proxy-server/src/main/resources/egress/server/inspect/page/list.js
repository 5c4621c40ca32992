// The list of flows: only the rows that are to be seen are elements, so that ten thousand cost what fifty do.

import { el, fill } from "./dom.js";
import { authority, clock, duration, size } from "./format.js";

const ROW = 28;
const BEYOND = 12;

const COLUMNS = [
  ["number", "#"],
  ["time", "Time"],
  ["method", "Method"],
  ["status", "Status"],
  ["url", "Host and path"],
  ["type", "Type"],
  ["size", "Size"],
  ["took", "Took"],
  ["verdict", "Verdict"],
  ["agent", "Agent"],
];

export class FlowList {
  /** @param onChoose is called with a flow, and whether it was by Enter or a click that opens it */
  constructor(onChoose) {
    this.onChoose = onChoose;
    this.flows = [];
    this.byNumber = new Map();
    this.marked = new Set();
    this.chosen = null;
    this.follows = true;
    this.laidOut = 0;
    this.placed = 0;
    this.drawn = new Map();
    this.rows = el("div", { class: "rows", role: "rowgroup" });
    this.empty = el("div", { class: "empty" });
    this.grid = el(
      "div",
      { class: "grid", role: "grid", tabindex: "0", "aria-label": "Flows", "aria-colcount": COLUMNS.length },
      el(
        "div",
        { class: "row head", role: "row", "aria-rowindex": "1" },
        COLUMNS.map(([id, name]) => el("span", { class: `cell ${id}`, role: "columnheader" }, name)),
      ),
      this.rows,
    );
    this.element = el("div", { class: "list" }, this.grid, this.empty);
    this.grid.addEventListener("scroll", () => this.onScroll(), { passive: true });
    this.grid.addEventListener("keydown", (event) => this.onKey(event));
    this.rows.addEventListener("click", (event) => this.onClick(event));
    new ResizeObserver(() => this.draw()).observe(this.grid);
  }

  /** Forgets all. */
  reset() {
    this.flows = [];
    this.byNumber.clear();
    this.chosen = null;
    this.follows = true;
    this.redraw();
  }

  /** Takes what changed: rows new or changed, numbers that are gone, and the first number still held. */
  apply(batch) {
    let sorted = true;
    for (const flow of batch.flows) {
      const known = this.byNumber.get(flow.number);
      if (known) {
        Object.assign(known, flow);
        this.forget(flow.number);
      } else {
        sorted &&= this.flows.length === 0 || this.flows.at(-1).number < flow.number;
        this.flows.push(flow);
        this.byNumber.set(flow.number, flow);
      }
    }
    const gone = new Set(batch.gone.filter((number) => this.byNumber.has(number)));
    if (gone.size > 0 || (this.flows.length > 0 && this.flows[0].number < batch.first)) {
      this.flows = this.flows.filter((flow) => flow.number >= batch.first && !gone.has(flow.number));
      this.byNumber = new Map(this.flows.map((flow) => [flow.number, flow]));
      this.drawn.forEach((_, number) => this.forget(number));
    }
    if (!sorted) {
      this.flows.sort((a, b) => a.number - b.number);
    }
    this.schedule();
  }

  schedule() {
    if (!this.scheduled) {
      this.scheduled = true;
      requestAnimationFrame(() => {
        this.scheduled = false;
        this.draw();
      });
    }
  }

  /** Draws all rows anew. */
  redraw() {
    this.drawn.forEach((_, number) => this.forget(number));
    this.schedule();
  }

  forget(number) {
    this.drawn.get(number)?.remove();
    this.drawn.delete(number);
  }

  draw() {
    const total = (this.laidOut = this.flows.length);
    this.rows.style.height = `${total * ROW}px`;
    this.grid.setAttribute("aria-rowcount", String(total + 1));
    this.empty.hidden = total > 0;
    const height = this.grid.clientHeight - ROW;
    if (this.follows) {
      this.grid.scrollTop = Math.max(0, total * ROW - height);
      this.placed = this.grid.scrollTop;
    }
    const from = Math.max(0, Math.floor(this.grid.scrollTop / ROW) - BEYOND);
    const to = Math.min(total, Math.ceil((this.grid.scrollTop + height) / ROW) + BEYOND);
    const kept = new Set();
    for (let i = from; i < to; i++) {
      const flow = this.flows[i];
      kept.add(flow.number);
      let row = this.drawn.get(flow.number);
      if (!row) {
        row = this.row(flow);
        this.drawn.set(flow.number, row);
        this.rows.append(row);
      }
      row.style.transform = `translateY(${i * ROW}px)`;
      row.setAttribute("aria-rowindex", String(i + 2));
      row.classList.toggle("odd", i % 2 === 1);
    }
    this.drawn.forEach((_, number) => kept.has(number) || this.forget(number));
    this.showChosen();
  }

  row(flow) {
    const shown = {
      number: String(flow.number),
      time: clock(flow.time),
      method: flow.method,
      status: flow.status ?? (flow.state === "ended" ? "–" : "…"),
      type: shortType(flow.type),
      size: size(flow.size),
      took: duration(flow.micros),
      verdict: flow.code ?? flow.verdict,
      agent: flow.user ?? flow.client,
    };
    return el(
      "div",
      {
        class: `row ${rowClass(flow)}${this.marked.has(flow.number) ? " marked" : ""}`,
        role: "row",
        id: `flow-${flow.number}`,
        "data-number": flow.number,
        "aria-selected": "false",
      },
      COLUMNS.map(([id]) =>
        el("span", { class: `cell ${id}`, role: "gridcell", title: title(id, flow) }, id === "url" ? url(flow) : shown[id])),
    );
  }

  showChosen() {
    this.drawn.forEach((row, number) =>
      row.setAttribute("aria-selected", String(this.chosen !== null && number === this.chosen.number)));
    const drawn = this.chosen !== null && this.drawn.has(this.chosen.number);
    if (drawn) {
      this.grid.setAttribute("aria-activedescendant", `flow-${this.chosen.number}`);
    } else {
      this.grid.removeAttribute("aria-activedescendant");
    }
  }

  onScroll() {
    if (this.follows && this.grid.scrollTop === this.placed) {
      this.schedule(); // by the list itself
      return;
    }
    // By what was laid out: rows that came since have not moved the end yet.
    const end = this.laidOut * ROW - (this.grid.clientHeight - ROW);
    this.follows = this.grid.scrollTop >= end - 4;
    this.schedule();
  }

  onClick(event) {
    const row = event.target.closest(".row");
    if (row) {
      this.choose(this.byNumber.get(Number(row.dataset.number)), true);
    }
  }

  onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) {
      return;
    }
    const page = Math.max(1, Math.floor(this.grid.clientHeight / ROW) - 2);
    const at = this.chosen ? this.flows.indexOf(this.chosen) : -1;
    const last = this.flows.length - 1;
    const to = {
      ArrowDown: at + 1,
      j: at + 1,
      ArrowUp: at - 1,
      k: at - 1,
      PageDown: at + page,
      PageUp: at - page,
      Home: 0,
      End: last,
    }[event.key];
    if (to !== undefined && last >= 0) {
      this.choose(this.flows[Math.min(last, Math.max(0, to))], false);
      event.preventDefault();
    } else if (event.key === "Enter" && this.chosen) {
      this.onChoose(this.chosen, true);
      event.preventDefault();
    }
  }

  /** Chooses a flow, and brings it into sight. */
  choose(flow, opens) {
    if (!flow) {
      return;
    }
    this.chosen = flow;
    const top = this.flows.indexOf(flow) * ROW;
    const height = this.grid.clientHeight - ROW;
    if (top < this.grid.scrollTop) {
      this.grid.scrollTop = top;
    } else if (top + ROW > this.grid.scrollTop + height) {
      this.grid.scrollTop = top + ROW - height;
    }
    this.follows = false;
    this.draw();
    this.onChoose(flow, opens);
  }

  /** Marks the chosen flow, or takes its mark away. */
  mark() {
    if (this.chosen) {
      const number = this.chosen.number;
      if (!this.marked.delete(number)) {
        this.marked.add(number);
      }
      this.forget(number);
      this.draw();
    }
  }

  /** What is said where there is nothing. */
  sayEmpty(...words) {
    fill(this.empty, ...words);
  }
}

function url(flow) {
  return [
    el("span", { class: "scheme" }, flow.scheme === "http" ? "http://" : ""),
    el("bdi", { class: "host" }, authority(flow)),
    el("bdi", { class: "path" }, flow.path),
    flow.messages > 0 && el("span", { class: "chip" }, `${flow.messages} messages`),
    flow.findings > 0 && el("span", { class: "chip bad" }, "DLP"),
    flow.shadow && el("span", { class: "chip", title: `The shadow routes would say ${flow.shadow.to}` }, `shadow: ${flow.shadow.to}`),
  ];
}

function title(id, flow) {
  return { url: `${flow.scheme}://${authority(flow)}${flow.path}`, agent: flow.client, type: flow.type }[id];
}

function shortType(type = "") {
  return type.replace(/^application\/(x-)?/, "").replace(/^text\/event-stream$/, "events").replace(/^text\//, "");
}

function rowClass(flow) {
  if (flow.verdict === "denied") {
    return "denied";
  }
  if (flow.verdict === "failed" || flow.verdict === "aborted") {
    return "failed";
  }
  if (flow.status === undefined) {
    return flow.method === "TLS" ? "tls" : "waiting";
  }
  return `s${Math.floor(flow.status / 100)}`;
}
