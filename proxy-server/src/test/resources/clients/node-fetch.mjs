// The built-in fetch behind undici's ProxyAgent. Prints a line for each thing that works.
import assert from "node:assert";
import { createRequire } from "node:module";

const { ProxyAgent, setGlobalDispatcher } = createRequire(process.env.MODULES)("undici");
const agent = new ProxyAgent(process.argv[2]);
setGlobalDispatcher(agent);

async function upload(host) {
  const size = 1 << 20;
  let sent = 0;
  const body = new ReadableStream({
    pull(controller) {
      if (sent === size) {
        controller.close();
      } else {
        controller.enqueue(new Uint8Array(1 << 16).fill(sent >> 16));
        sent += 1 << 16;
      }
    },
  });
  const response = await fetch(`https://${host}/keep`, { method: "POST", body, duplex: "half" });
  const back = new Uint8Array(await response.arrayBuffer());
  assert.equal(back.length, size);
  assert.ok(back.every((octet, i) => octet === i >> 16));
}

async function events(host) {
  const response = await fetch(`https://${host}/turns?n=5`);
  assert.equal(response.headers.get("content-type"), "text/event-stream");
  let text = "";
  let seen = 0;
  for await (const piece of response.body) {
    text += Buffer.from(piece).toString();
    while (text.includes("\n\n")) {
      assert.ok(text.startsWith(`id: ${seen}\ndata: turn ${seen}\n\n`), text);
      text = text.slice(text.indexOf("\n\n") + 2);
      const taken = await fetch(`https://${host}/turn?n=${seen++}`);
      assert.equal(taken.status, 204);
    }
  }
  assert.equal(seen, 5);
}

for (const host of ["h1.example", "h2.example"]) {
  const answer = await fetch(`https://${host}/keep`, { method: "POST", body: JSON.stringify({ a: [1, "é"] }) });
  assert.deepEqual(await answer.json(), { a: [1, "é"] });
  console.log(`${host}: json`);
  await upload(host);
  console.log(`${host}: streamed upload`);
  assert.equal(await (await fetch(`https://${host}/gzip?n=5000`)).text(), "x".repeat(5000));
  console.log(`${host}: compressed`);
  await events(host);
  console.log(`${host}: events as they are sent`);
}

const all = await Promise.all(
  Array.from({ length: 30 }, async () => (await (await fetch("https://h2.example/bytes/50000")).arrayBuffer()).byteLength),
);
assert.ok(all.every((size) => size === 50000));
console.log("thirty at a time");

const denied = await fetch("https://other.example/");
assert.equal(denied.status, 403);
assert.match(await denied.text(), /host other\.example is not allowed/);
console.log("denied in words");
await agent.close();
