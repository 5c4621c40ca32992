// Sends a request again, as it was or edited: the gate does, as a caller of its own.

import * as api from "./api.js";
import { asText } from "./body.js";
import { base64, copyable } from "./copy.js";
import { button, el, fill } from "./dom.js";

const MASK = "********";

/** Opens the form for a flow; `sent` is called with the address that the new request comes from. */
export async function openReplay(flow, sent) {
  const { bytes } = await api.body(flow.number, "request");
  const request = copyable(flow, bytes, asText(bytes));
  const lines = request.fields.map(([name, value]) => `${name}: ${value}`).join("\n");
  const method = input("method", request.method);
  const url = input("url", request.url);
  const fields = el("textarea", { id: "replay-fields", rows: "8", spellcheck: "false" });
  const body = el("textarea", { id: "replay-body", rows: "8", spellcheck: "false", disabled: request.text === null });
  // By value: markup in them is text, and control characters stay what they are.
  fields.value = lines;
  body.value = request.text ?? "";
  const fault = el("p", { class: "note bad", role: "alert", hidden: true });
  const masked = `${request.url}\n${lines}\n${request.text ?? ""}`.includes(MASK);
  const dialog = el(
    "dialog",
    { class: "replay", "aria-labelledby": "replay-title" },
    el("h2", { id: "replay-title" }, "Send again"),
    masked && el("p", { class: "note" }, `Secrets are recorded as ${MASK}: write yours in their place.`),
    flow.request.body.truncated && el("p", { class: "note" }, "Not all of the body was kept: what is sent is shorter."),
    row("Method", method),
    row("URL", url),
    row("Fields", fields),
    request.text === null
      ? el("p", { class: "note" }, `The body is sent as it was: ${bytes.length} bytes that are no text.`)
      : row("Body", body),
    fault,
    el("div", { class: "buttons" }, button("Cancel", () => dialog.close()), button("Send", send, { class: "primary" })),
  );

  async function send() {
    try {
      const client = await api.replay({
        method: method.value.trim(),
        url: url.value.trim(),
        fields: parseFields(fields.value),
        body: base64(request.text === null ? bytes : new TextEncoder().encode(body.value)),
      });
      dialog.close();
      sent(client, flow.number);
    } catch (refused) {
      fault.hidden = false;
      fill(fault, refused.message);
    }
  }

  dialog.addEventListener("close", () => dialog.remove());
  dialog.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      send();
    }
    event.stopPropagation();
  });
  document.body.append(dialog);
  dialog.showModal();
}

function input(id, value) {
  const made = el("input", { id: `replay-${id}`, type: "text", spellcheck: "false", autocomplete: "off" });
  made.value = value;
  return made;
}

function row(label, control) {
  return el("div", { class: "entry" }, el("label", { for: control.id }, label), control);
}

function parseFields(text) {
  return text.split("\n").filter((line) => line.trim() !== "").map((line) => {
    const at = line.indexOf(":", 1);
    if (at < 0) {
      throw new Error(`"${line.slice(0, 40)}" is no field (expected: name: value)`);
    }
    return [line.slice(0, at).trim(), line.slice(at + 1).trim()];
  });
}
