// Node's own http, https, tls and http2 with a CONNECT by hand. Prints a line for each thing that works.
import assert from "node:assert";
import { once } from "node:events";
import http from "node:http";
import http2 from "node:http2";
import https from "node:https";
import tls from "node:tls";

const proxy = new URL(process.argv[2]);
const pattern = (size) => Buffer.from(Uint8Array.from({ length: size }, (_, i) => i % 251));

async function tunnel(host, ...protocols) {
  const headers = { Host: `${host}:443` }; // or Node names the proxy in it
  const connect = http.request({ host: proxy.hostname, port: proxy.port, method: "CONNECT", path: `${host}:443`, headers });
  connect.end();
  const [response, socket] = await once(connect, "connect");
  assert.equal(response.statusCode, 200);
  const secure = tls.connect({ socket, servername: host, ALPNProtocols: protocols });
  await once(secure, "secureConnect");
  assert.ok(secure.authorized);
  assert.equal(secure.alpnProtocol, protocols[0]);
  return secure;
}

async function whole(stream) {
  const pieces = [];
  for await (const piece of stream) pieces.push(piece);
  return Buffer.concat(pieces);
}

async function ask(options, body) {
  const request = (options.protocol === "http:" ? http : https).request(options);
  const hints = [];
  request.on("information", (info) => hints.push(info.statusCode));
  if (options.trailers) {
    request.write(body);
    request.addTrailers(options.trailers);
    request.end();
  } else if (options.headers?.Expect) {
    request.flushHeaders();
    await once(request, "continue");
    request.end(body);
  } else {
    request.end(body);
  }
  const [response] = await once(request, "response");
  return { response, hints, text: (await whole(response)).toString() };
}

class OneSocket extends https.Agent {
  constructor(socket) {
    super({ keepAlive: true, maxSockets: 1 });
    this.only = socket;
  }
  createConnection() {
    const socket = this.only;
    this.only = undefined;
    assert.ok(socket, "a second connection was asked for");
    return socket;
  }
}

async function overHttps(host) {
  const agent = new OneSocket(await tunnel(host, "http/1.1"));
  const headers = { Authorization: "Bearer agents-own" };
  let answer = await ask({ host, agent, headers, method: "POST", path: "/echo?credential" }, "some text");
  assert.equal(answer.response.statusCode, 200);
  assert.equal(answer.text, "some text");
  console.log("https: credential and body");
  for (let i = 0; i < 5; i++) {
    assert.equal((await ask({ host, agent, path: "/" })).text, "hello from the origin\n");
  }
  console.log("https: keeps its connection");
  answer = await ask({ host, agent, path: "/early-hints" });
  assert.deepEqual(answer.hints, []); // they go to h2 callers alone
  assert.equal(answer.text, "after hints\n");
  console.log("https: no early hints");
  answer = await ask(
    { host, agent, method: "POST", path: "/echo", headers: { Trailer: "x-sum" }, trailers: { "x-sum": "42" } },
    "with trailers",
  );
  assert.equal(answer.text, "with trailers");
  assert.deepEqual({ ...answer.response.trailers }, { "x-sum": "42" });
  console.log("https: trailers both ways");
  answer = await ask({ host, agent, method: "POST", path: "/keep", headers: { Expect: "100-continue" } }, "asked for");
  assert.equal(answer.text, "asked for");
  console.log("https: expects a 100");
  agent.destroy();
}

async function inTheClear() {
  const options = { protocol: "http:", host: proxy.hostname, port: proxy.port, headers: { Host: "plain.example" } };
  const answer = await ask({ ...options, method: "POST", path: "http://plain.example/keep" }, "in the clear");
  assert.equal(answer.text, "in the clear");
  console.log("http: absolute form");
}

async function stream(session, headers, body) {
  const request = session.request(headers);
  const seen = { hints: [], trailers: {} };
  request.on("headers", (interim) => seen.hints.push(interim[":status"]));
  request.on("trailers", (trailers) => (seen.trailers = trailers));
  request.on("response", (head) => (seen.status = head[":status"]));
  request.end(body);
  seen.body = await whole(request);
  return seen;
}

async function overHttp2(host) {
  const socket = await tunnel(host, "h2");
  const session = http2.connect(`https://${host}`, { createConnection: () => socket });
  const all = await Promise.all(Array.from({ length: 40 }, () => stream(session, { ":path": "/bytes/70000" })));
  for (const each of all) assert.ok(each.body.equals(pattern(70000)));
  console.log("http2: forty streams");
  let answer = await stream(session, { ":path": "/early-hints" });
  assert.deepEqual(answer.hints, [103]);
  assert.equal(answer.status, 200);
  console.log("http2: early hints");
  answer = await stream(session, { ":path": "/trailers" });
  assert.equal(answer.trailers["x-checksum"], "abc123");
  console.log("http2: trailers");
  const large = pattern(5 << 20);
  answer = await stream(session, { ":path": "/echo", ":method": "POST" }, large);
  assert.ok(answer.body.equals(large));
  console.log("http2: five mebibytes both ways");
  session.close();
}

async function denied() {
  const host = "other.example";
  const agent = new OneSocket(await tunnel(host, "http/1.1"));
  const answer = await ask({ host, agent, path: "/" });
  assert.equal(answer.response.statusCode, 403);
  assert.match(answer.text, /host other\.example is not allowed/);
  agent.destroy();
  console.log("denied in words");
}

await overHttps("h1.example");
await inTheClear();
await overHttp2("h2.example");
await denied();
