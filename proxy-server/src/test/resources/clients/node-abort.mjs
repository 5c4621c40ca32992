// Begins to read a stream of events and gives it up.
import assert from "node:assert";
import { createRequire } from "node:module";

const { ProxyAgent, setGlobalDispatcher } = createRequire(process.env.MODULES)("undici");
const agent = new ProxyAgent(process.argv[2]);
setGlobalDispatcher(agent);

const abort = new AbortController();
const response = await fetch("https://h2.example/held", { signal: abort.signal });
const { value } = await response.body.getReader().read();
assert.equal(Buffer.from(value).toString(), "data: the only one\n\n");
abort.abort();
await agent.destroy();
