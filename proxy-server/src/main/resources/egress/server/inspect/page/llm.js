// Conversations with language models, told from their shape: Anthropic's messages, OpenAI's chat and responses, Gemini.
//
// A conversation is {provider, model, streamed, system, turns, tools, usage, stop, error}. A turn is {role, parts, answer};
// a part {kind, ...}: text and thinking have `text`, call has `name`, `id` and `input`, result has `id`, `failed` and
// `parts`, media and other have `text` that says what they are.

import { parse } from "./json.js";
import { serverEvents } from "./structured.js";

const PATHS = /\/messages(\?|$)|\/chat\/completions(\?|$)|\/responses(\?|$)|:(stream)?generateContent(\?|$)/i;

/** Whether a flow may be a conversation, by its head alone. */
export function mayBeConversation(flow) {
  return flow.method === "POST" && PATHS.test(flow.path);
}

/** The conversation of a request and its answer as text; null where it is none that is known here. */
export function conversation(path, requestText, responseText) {
  const request = parse(requestText);
  if (request === null || typeof request !== "object" || Array.isArray(request)) {
    return null;
  }
  const answer = answerOf(responseText);
  if (Array.isArray(request.contents)) {
    return gemini(path, request, answer);
  }
  if (/\/responses(\?|$)/.test(path) || (request.input !== undefined && !request.messages)) {
    return openaiResponses(request, answer);
  }
  if (!Array.isArray(request.messages)) {
    return null;
  }
  return /\/messages(\?|$)/.test(path) || request.anthropic_version ? anthropic(request, answer) : openaiChat(request, answer);
}

/** What was answered: {json} or, streamed, {events}, each {event, data}; {text} where it is neither. */
function answerOf(text) {
  const json = parse(text);
  if (json !== undefined) {
    return Array.isArray(json) ? { events: json.map((data) => ({ event: "", data })), streamed: true } : { json };
  }
  const events = serverEvents(text)
    .map(({ event, data }) => ({ event, data: parse(data) }))
    .filter(({ data }) => data !== undefined && data !== null && typeof data === "object");
  return events.length > 0 ? { events, streamed: true } : { text };
}

function begin(provider, request, answer) {
  return {
    provider,
    model: text(request.model),
    streamed: answer.streamed === true,
    system: [],
    turns: [],
    tools: [],
    usage: {},
    stop: "",
    error: "",
  };
}

function text(value) {
  return typeof value === "string" ? value : value === undefined || value === null ? "" : JSON.stringify(value);
}

function list(value) {
  return Array.isArray(value) ? value : [];
}

function finish(talk, answer) {
  const error = answer.json?.error ?? answer.events?.map(({ data }) => data.error).find((each) => each);
  if (error) {
    talk.error = [text(error.type ?? error.code ?? error.status), text(error.message ?? error)].filter(Boolean).join(": ");
  } else if (answer.text && talk.turns.every((turn) => !turn.answer)) {
    talk.error = answer.text.slice(0, 2_000);
  }
  return talk;
}

// ---- Anthropic

function anthropic(request, answer) {
  const talk = begin("Anthropic", request, answer);
  talk.system = anthropicParts(request.system);
  talk.turns = request.messages.map((message) => ({ role: text(message.role), parts: anthropicParts(message.content) }));
  talk.tools = list(request.tools).map((tool) => ({ name: text(tool.name ?? tool.type), about: text(tool.description) }));
  const message = answer.streamed ? anthropicStream(answer.events) : answer.json;
  if (message && Array.isArray(message.content)) {
    talk.model = text(message.model) || talk.model;
    talk.turns.push({ role: "assistant", parts: anthropicParts(message.content), answer: true });
    talk.stop = text(message.stop_reason);
    const usage = message.usage ?? {};
    talk.usage = {
      input: usage.input_tokens,
      output: usage.output_tokens,
      cached: usage.cache_read_input_tokens,
      written: usage.cache_creation_input_tokens,
    };
  }
  return finish(talk, answer);
}

function anthropicStream(events) {
  let message = null;
  const inputs = new Map();
  for (const { data } of events) {
    if (data.type === "message_start") {
      message = { ...data.message, content: [] };
    } else if (message && data.type === "content_block_start") {
      message.content[data.index] = { ...data.content_block };
    } else if (message && data.type === "content_block_delta") {
      anthropicDelta(message.content[data.index] ?? {}, data.delta ?? {}, data.index, inputs);
    } else if (message && data.type === "message_delta") {
      Object.assign(message, data.delta);
      message.usage = { ...message.usage, ...data.usage };
    }
  }
  inputs.forEach((json, index) => {
    message.content[index].input = parse(json) ?? json;
  });
  return message && { ...message, content: message.content.filter((block) => block) };
}

function anthropicDelta(block, delta, index, inputs) {
  if (delta.type === "text_delta") {
    block.text = text(block.text) + text(delta.text);
  } else if (delta.type === "thinking_delta") {
    block.thinking = text(block.thinking) + text(delta.thinking);
  } else if (delta.type === "input_json_delta" && block.type) {
    inputs.set(index, (inputs.get(index) ?? "") + text(delta.partial_json));
  }
}

function anthropicParts(content) {
  if (typeof content === "string") {
    return [{ kind: "text", text: content }];
  }
  return list(content).map((block) => {
    switch (block?.type) {
      case "text":
        return { kind: "text", text: text(block.text) };
      case "thinking":
        return { kind: "thinking", text: text(block.thinking) };
      case "redacted_thinking":
        return { kind: "thinking", text: "(encrypted)" };
      case "tool_use":
      case "server_tool_use":
      case "mcp_tool_use":
        return { kind: "call", id: text(block.id), name: text(block.name), input: block.input };
      case "image":
      case "document":
        return { kind: "media", text: `${block.type}, ${text(block.source?.media_type ?? block.source?.type)}` };
      default:
        return String(block?.type).endsWith("tool_result")
          ? { kind: "result", id: text(block.tool_use_id), failed: block.is_error === true, parts: anthropicParts(block.content) }
          : { kind: "other", text: JSON.stringify(block) };
    }
  });
}

// ---- OpenAI chat

function openaiChat(request, answer) {
  const talk = begin("OpenAI chat", request, answer);
  for (const message of request.messages) {
    if (message?.role === "system" || message?.role === "developer") {
      talk.system.push(...chatParts(message));
    } else {
      talk.turns.push({ role: text(message?.role), parts: chatParts(message ?? {}) });
    }
  }
  talk.tools = list(request.tools).map(({ function: tool, type }) => ({ name: text(tool?.name ?? type), about: text(tool?.description) }));
  const whole = answer.streamed ? chatStream(answer.events) : answer.json;
  for (const choice of list(whole?.choices)) {
    talk.turns.push({ role: "assistant", parts: chatParts(choice.message ?? {}), answer: true });
    talk.stop = text(choice.finish_reason);
  }
  talk.model = text(whole?.model) || talk.model;
  const usage = whole?.usage ?? {};
  talk.usage = {
    input: usage.prompt_tokens,
    output: usage.completion_tokens,
    cached: usage.prompt_tokens_details?.cached_tokens,
    reasoning: usage.completion_tokens_details?.reasoning_tokens,
  };
  return finish(talk, answer);
}

function chatStream(events) {
  const whole = { choices: [] };
  for (const { data } of events) {
    whole.model ??= data.model;
    whole.usage = data.usage ?? whole.usage;
    for (const { index = 0, delta = {}, finish_reason } of list(data.choices)) {
      whole.choices[index] ??= { message: { role: "assistant" } };
      const choice = whole.choices[index];
      choice.finish_reason = finish_reason ?? choice.finish_reason;
      chatDelta(choice.message, delta ?? {});
    }
  }
  whole.choices = whole.choices.filter((choice) => choice);
  return whole;
}

function chatDelta(message, delta) {
  for (const name of ["content", "reasoning_content", "reasoning", "refusal"]) {
    if (typeof delta[name] === "string") {
      message[name] = (message[name] ?? "") + delta[name];
    }
  }
  for (const { index = 0, id, function: called = {} } of list(delta.tool_calls)) {
    message.tool_calls ??= [];
    message.tool_calls[index] ??= { id: "", function: { name: "", arguments: "" } };
    const call = message.tool_calls[index];
    call.id = id ?? call.id;
    call.function.name += called.name ?? "";
    call.function.arguments += called.arguments ?? "";
  }
}

function chatParts(message) {
  const content = chatContent(message.content);
  if (message.role === "tool" || message.role === "function") {
    return [{ kind: "result", id: text(message.tool_call_id ?? message.name), failed: false, parts: content }];
  }
  const thinking = message.reasoning_content ?? message.reasoning;
  const called = message.function_call ? [{ id: "", function: message.function_call }] : [];
  return [
    ...(typeof thinking === "string" && thinking ? [{ kind: "thinking", text: thinking }] : []),
    ...content,
    ...(message.refusal ? [{ kind: "text", text: text(message.refusal) }] : []),
    ...[...list(message.tool_calls).filter((call) => call), ...called].map((call) => ({
      kind: "call",
      id: text(call.id),
      name: text(call.function?.name ?? call.type),
      input: argumentsOf(call.function?.arguments),
    })),
  ];
}

function argumentsOf(json) {
  return typeof json === "string" ? parse(json) ?? json : json;
}

function chatContent(content) {
  if (typeof content === "string") {
    return content === "" ? [] : [{ kind: "text", text: content }];
  }
  return list(content).map((part) => {
    const words = part?.text ?? part?.refusal;
    return typeof words === "string"
      ? { kind: "text", text: words }
      : /image|audio|file/.test(part?.type) ? { kind: "media", text: text(part.type) } : { kind: "other", text: JSON.stringify(part) };
  });
}

// ---- OpenAI responses

function openaiResponses(request, answer) {
  const talk = begin("OpenAI responses", request, answer);
  if (request.instructions) {
    talk.system.push({ kind: "text", text: text(request.instructions) });
  }
  talk.turns = typeof request.input === "string"
    ? [{ role: "user", parts: [{ kind: "text", text: request.input }] }]
    : responseTurns(list(request.input), false);
  talk.tools = list(request.tools).map((tool) => ({ name: text(tool.name ?? tool.type), about: text(tool.description) }));
  const whole = answer.streamed ? responsesStream(answer.events) : answer.json;
  if (whole) {
    talk.turns.push(...responseTurns(list(whole.output), true));
    talk.model = text(whole.model) || talk.model;
    talk.stop = text(whole.incomplete_details?.reason ?? whole.status);
    const usage = whole.usage ?? {};
    talk.usage = {
      input: usage.input_tokens,
      output: usage.output_tokens,
      cached: usage.input_tokens_details?.cached_tokens,
      reasoning: usage.output_tokens_details?.reasoning_tokens,
    };
  }
  return finish(talk, answer);
}

function responsesStream(events) {
  const last = events.findLast(({ data }) => /^response\.(completed|failed|incomplete)$/.test(data.type));
  if (last?.data.response?.output?.length > 0) {
    return last.data.response;
  }
  const items = [];
  let whole = last?.data.response ?? {};
  for (const { data } of events) {
    const at = data.output_index;
    if (data.type === "response.created") {
      whole = { ...data.response, ...whole };
    } else if (data.type === "response.output_item.added" || data.type === "response.output_item.done") {
      items[at] = structuredClone(data.item);
    } else if (data.type === "response.output_text.delta" && items[at]) {
      const content = (items[at].content ??= []);
      content[data.content_index ?? 0] ??= { type: "output_text", text: "" };
      content[data.content_index ?? 0].text += text(data.delta);
    } else if (data.type === "response.function_call_arguments.delta" && items[at]) {
      items[at].arguments = text(items[at].arguments) + text(data.delta);
    }
  }
  return { ...whole, output: items.filter((item) => item) };
}

/** Items that follow each other from the same side are one turn. */
function responseTurns(items, answer) {
  const turns = [];
  for (const item of items) {
    const [role, parts] = responseItem(item ?? {});
    const last = turns.at(-1);
    if (last?.role === role) {
      last.parts.push(...parts);
    } else {
      turns.push({ role, parts, answer });
    }
  }
  return turns;
}

function responseItem(item) {
  switch (item.type ?? "message") {
    case "message":
      return [text(item.role), chatContent(item.content)];
    case "reasoning":
      return ["assistant", [...list(item.summary), ...list(item.content)].map((each) => ({ kind: "thinking", text: text(each?.text) }))];
    case "function_call":
    case "custom_tool_call":
      return ["assistant", [{
        kind: "call",
        id: text(item.call_id),
        name: text(item.name),
        input: argumentsOf(item.arguments ?? item.input),
      }]];
    case "function_call_output":
    case "custom_tool_call_output":
      return ["tool", [{
        kind: "result",
        id: text(item.call_id),
        failed: false,
        parts: typeof item.output === "string" ? [{ kind: "text", text: item.output }] : chatContent(item.output),
      }]];
    default:
      return ["assistant", [{ kind: "other", text: JSON.stringify(item) }]];
  }
}

// ---- Gemini

function gemini(path, request, answer) {
  const talk = begin("Gemini", request, answer);
  talk.model = /models\/([^:/?]+):/.exec(path)?.[1] ?? talk.model;
  const system = request.systemInstruction ?? request.system_instruction;
  talk.system = typeof system === "string" ? [{ kind: "text", text: system }] : geminiParts(system?.parts);
  talk.turns = request.contents.map((content) => ({ role: geminiRole(content?.role), parts: geminiParts(content?.parts) }));
  talk.tools = list(request.tools).flatMap((tool) =>
    list(tool.functionDeclarations ?? tool.function_declarations).map((each) => ({ name: text(each.name), about: text(each.description) })));
  const pieces = answer.streamed ? answer.events.map(({ data }) => data) : answer.json ? [answer.json] : [];
  const candidates = [];
  for (const piece of pieces) {
    talk.model = text(piece.modelVersion) || talk.model;
    const usage = piece.usageMetadata;
    if (usage) {
      talk.usage = {
        input: usage.promptTokenCount,
        output: usage.candidatesTokenCount,
        cached: usage.cachedContentTokenCount,
        reasoning: usage.thoughtsTokenCount,
      };
    }
    list(piece.candidates).forEach((candidate) => {
      const parts = (candidates[candidate.index ?? 0] ??= []);
      geminiParts(candidate.content?.parts).forEach((part) => joinPart(parts, part));
      talk.stop = text(candidate.finishReason) || talk.stop;
    });
  }
  candidates.filter((parts) => parts).forEach((parts) => talk.turns.push({ role: "assistant", parts, answer: true }));
  return finish(talk, answer);
}

function geminiRole(role) {
  return role === "model" ? "assistant" : role === "function" ? "tool" : text(role) || "user";
}

function joinPart(parts, part) {
  const last = parts.at(-1);
  if (last && last.kind === part.kind && (part.kind === "text" || part.kind === "thinking")) {
    last.text += part.text;
  } else {
    parts.push(part);
  }
}

function geminiParts(parts) {
  return list(parts).map((part) => {
    const call = part?.functionCall ?? part?.function_call;
    const response = part?.functionResponse ?? part?.function_response;
    const media = part?.inlineData ?? part?.inline_data ?? part?.fileData;
    if (call) {
      return { kind: "call", id: text(call.id ?? call.name), name: text(call.name), input: call.args };
    }
    if (response) {
      return {
        kind: "result",
        id: text(response.id ?? response.name),
        failed: false,
        parts: [{ kind: "text", text: JSON.stringify(response.response, null, 2) ?? "" }],
      };
    }
    if (media) {
      return { kind: "media", text: text(media.mimeType ?? media.mime_type) };
    }
    return typeof part?.text === "string"
      ? { kind: part.thought === true ? "thinking" : "text", text: part.text }
      : { kind: "other", text: JSON.stringify(part) };
  });
}
