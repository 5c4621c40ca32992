// The ws package over a CONNECT by hand. Prints a line for each thing that works.
import assert from "node:assert";
import { once } from "node:events";
import http from "node:http";
import { createRequire } from "node:module";
import tls from "node:tls";

const WebSocket = createRequire(process.env.MODULES)("ws");
const proxy = new URL(process.argv[2]);

async function open(host) {
  const headers = { Host: `${host}:443` }; // or Node names the proxy in it
  const connect = http.request({ host: proxy.hostname, port: proxy.port, method: "CONNECT", path: `${host}:443`, headers });
  connect.end();
  const [response, socket] = await once(connect, "connect");
  assert.equal(response.statusCode, 200);
  const secure = tls.connect({ socket, servername: host, ALPNProtocols: ["http/1.1"] });
  await once(secure, "secureConnect");
  return new WebSocket(`wss://${host}/ws?early=hello`, { createConnection: () => secure });
}

for (const host of ["h1.example", "h2.example"]) {
  const socket = await open(host);
  const [early] = await once(socket, "message");
  assert.equal(early.toString(), "hello");
  console.log(`${host}: early message`);
  assert.match(socket.extensions, /permessage-deflate/);
  for (const message of ["a text", Buffer.from([0, 1, 255]), "x".repeat(1 << 20)]) {
    socket.send(message);
    const [back, binary] = await once(socket, "message");
    assert.equal(binary, typeof message !== "string");
    assert.equal(back.toString(), message.toString());
  }
  console.log(`${host}: text, binary, compressed`);
  socket.ping("are you there");
  const [pong] = await once(socket, "pong");
  assert.equal(pong.toString(), "are you there");
  console.log(`${host}: ping`);
  socket.close(4321, "enough");
  const [code, reason] = await once(socket, "close");
  assert.equal(code, 4321);
  assert.equal(reason.toString(), "enough");
  console.log(`${host}: close`);
}
