// What agents ask for, and what a person says to it. Every text of a question is an agent's: it is only ever text here.

import * as api from "./api.js";
import { button, copyText, el, fill, table } from "./dom.js";
import { authority, clock, count } from "./format.js";

const LOOK_MILLIS = 1_500;
const AN_HOUR = 60;
/** So long a click is not taken after cards have moved by themselves: it was meant for what stood there before. */
const SETTLING_MILLIS = 600;
const KINDS = { route: "a request", token: "a value that DLP found", lock: "an end of a lock-out" };

/** The view: a card for each open question, kept while it is open, so that what is typed there stays. */
export class AskView {
  /** `onCount` hears how many are open. */
  constructor(view, onCount) {
    this.view = view;
    this.onCount = onCount;
    this.cards = new Map();
    this.movedAt = -SETTLING_MILLIS;
    this.over = new Set(); // answered here: a look that was under way may still tell of them
    this.list = el("div", { class: "questions" });
    this.said = el("p", { class: "hint", role: "status" });
    this.none = el("p", { class: "none" }, "Nobody asks for anything.");
    fill(
      view,
      el("div", { class: "head" }, el("h2", {}, "Asks")),
      el("p", { class: "hint" }, "What an agent was denied and asks for. An answer is for that agent alone; without one, it is a no."),
      this.said,
      this.none,
      this.list,
    );
  }

  /** Looks now and then, for as long as the page is open. */
  async follow() {
    try {
      this.show(await api.asks());
    } catch {
      // The gate does not answer: the list says so.
    }
    setTimeout(() => this.follow(), LOOK_MILLIS);
  }

  show(all) {
    const questions = all.filter((question) => !this.over.has(question.id));
    const open = new Set(questions.map((question) => question.id));
    for (const [id, card] of this.cards) {
      if (!open.has(id)) {
        card.element.remove();
        this.cards.delete(id);
        this.movedAt = performance.now();
      }
    }
    for (const question of questions) {
      const card = this.cards.get(question.id);
      if (card) {
        card.update(question);
      } else {
        const settled = () => performance.now() - this.movedAt > SETTLING_MILLIS;
        const made = new Card(question, settled, (words) => this.answered(question.id, words));
        this.cards.set(question.id, made);
        this.list.append(made.element);
      }
    }
    this.none.hidden = questions.length > 0;
    this.onCount(questions.length);
  }

  answered(id, words) {
    fill(this.said, words);
    this.over.add(id);
    this.cards.get(id)?.element.remove();
    this.cards.delete(id);
    this.none.hidden = this.cards.size > 0;
    this.onCount(this.cards.size);
    this.view.focus();
  }
}

class Card {
  constructor(question, settled, onAnswered) {
    this.question = question;
    this.settled = settled;
    this.onAnswered = onAnswered;
    this.fault = el("p", { class: "note bad", role: "alert", hidden: true });
    this.facts = el("div", { class: "hint" });
    this.buttons = [];
    const title = `${question.method} ${address(question)}`;
    this.element = el(
      "article",
      { class: "question", "aria-label": title },
      el("h3", {}, el("code", {}, question.method), " ", el("bdi", { class: "address" }, address(question)),
        question.prefix && el("span", { class: "chip" }, "and what is below")),
      this.facts,
      table("Why it was denied", reasons(question)),
      question.justification && el(
        "figure",
        { class: "claim" },
        el("figcaption", {}, "The agent says, which nobody has checked:"),
        el("blockquote", {}, el("bdi", {}, question.justification)),
      ),
      question.yaml && rule(question.yaml),
      this.answers(),
      this.fault,
    );
    this.update(question);
  }

  update(question) {
    const left = Math.max(0, Math.round((question.deadline - Date.now()) / 1000));
    const facts = [
      KINDS[question.kind] ?? question.kind,
      question.bottle && `bottle ${question.bottle}`,
      `caller ${question.caller}`,
      question.client && `from ${question.client}`,
      `since ${clock(question.time)}`,
      question.count > 1 && `${count(question.count)} times`,
      question.waits ? "the request waits" : "it will be tried again",
      `${Math.floor(left / 60)}m ${left % 60}s left`,
    ].filter(Boolean);
    fill(this.facts, facts.join(" · "));
  }

  answers() {
    const { id, kind } = this.question;
    this.prefix = el("input", { id: `prefix-${id}`, type: "text", spellcheck: "false", autocomplete: "off", placeholder: "only what was asked for; or a prefix such as /v1/" });
    this.why = el("input", { id: `why-${id}`, type: "text", autocomplete: "off", maxlength: "500", placeholder: "for the agent to read" });
    const allow = (answer, words, more = {}) => this.button(words, () => this.send({ answer, path_prefix: this.prefix.value, ...more }));
    return el(
      "div",
      { class: "answers" },
      kind === "route" && el("label", { for: `prefix-${id}` }, "Path prefix", this.prefix),
      el(
        "div",
        { class: "buttons" },
        allow("once", kind === "lock" ? "Unlock" : "Allow once"),
        kind !== "lock" && allow("for", "Allow for 1h", { minutes: AN_HOUR }),
        kind !== "lock" && allow("until_exit", "Allow until exit"),
      ),
      el("label", { for: `why-${id}` }, "Why not", this.why),
      el("div", { class: "buttons" }, this.button("Deny", () => this.send({ answer: "deny", why: this.why.value }))),
    );
  }

  button(words, listener) {
    const made = button(words, listener);
    this.buttons.push(made);
    return made;
  }

  async send(said) {
    if (!this.settled()) {
      return;
    }
    this.able(false);
    try {
      const state = await api.answer({ id: this.question.id, ...said });
      this.onAnswered(`${this.question.method} ${address(this.question)}: ${state}.`);
    } catch (fault) {
      this.fault.hidden = false;
      fill(this.fault, fault.message);
      this.able(true);
    }
  }

  able(is) {
    for (const each of this.buttons) {
      each.disabled = !is;
    }
  }
}

function address(question) {
  return `${question.scheme}://${authority(question)}${question.path}`;
}

function reasons({ code, words, failed, place, fingerprint }) {
  return [["Denied", `${code}: ${words}`], ["Rule", failed], ["Place", place], ["Fingerprint", fingerprint]].filter(([, value]) => value);
}

/** What would let it through for good, where a person writes it into the routes file. */
function rule(yaml) {
  const copy = button("Copy", () => copyText(yaml, copy));
  return el("details", {}, el("summary", {}, "Narrowest rule for the routes file"), el("pre", { class: "text", tabindex: "0" }, yaml), copy);
}
