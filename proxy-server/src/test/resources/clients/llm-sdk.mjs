// An LLM vendor's own SDK: models, messages with a tool, a stream, a batch by its id. Prints a line for each thing that works.
import assert from "node:assert";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(process.env.MODULES);
const { ProxyAgent } = createRequire(process.env.UNDICI)("undici");
const { default: Anthropic } = await import(pathToFileURL(require.resolve("@anthropic-ai/sdk")));

const client = new Anthropic({
  apiKey: "agent-has-none",
  baseURL: "https://llm.example",
  maxRetries: 0,
  fetchOptions: { dispatcher: new ProxyAgent(process.argv[2]) },
});

const models = await client.models.list();
assert.equal(models.data[0].id, "model-1");
console.log("models");

const asked = {
  model: "model-1",
  max_tokens: 64,
  messages: [{ role: "user", content: "What is the weather in Bern?" }],
  tools: [{ name: "weather", input_schema: { type: "object", properties: { city: { type: "string" } } } }],
};
const message = await client.messages.create(asked);
assert.equal(message.content[0].name, "weather");
console.log("message");

let text = "";
for await (const event of client.messages.stream(asked)) {
  text += event.type === "content_block_delta" ? event.delta.text : "";
}
assert.equal(text, "It rains.");
console.log("stream");

const count = await client.messages.countTokens({ model: asked.model, messages: asked.messages });
assert.equal(count.input_tokens, 9);
console.log("count");

const batch = await client.messages.batches.retrieve("msgbatch_01HkcTjaV5uDC8jWR4ZsDV8d");
assert.equal(batch.processing_status, "ended");
console.log("batch");
