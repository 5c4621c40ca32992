// Asks through the gate with Node's own modules: https over CONNECT, and http2 over the same tunnel.
import fs from "node:fs";
import http from "node:http";
import http2 from "node:http2";
import https from "node:https";
import tls from "node:tls";

const [proxy, authority, host] = process.argv.slice(2);
const { hostname, port } = new URL(proxy);
const ca = fs.readFileSync(authority);

function tunnel(to) {
  return new Promise((resolve, reject) => {
    const connect = http.request({ host: hostname, port, method: "CONNECT", path: `${to}:443` });
    connect.on("connect", (response, socket) => resolve(socket)).on("error", reject).end();
  });
}

async function secured(to, ALPNProtocols) {
  const socket = await tunnel(to);
  return new Promise((resolve, reject) => {
    const secure = tls.connect({ socket, servername: to, ca, ALPNProtocols }, () => resolve(secure)).on("error", reject);
  });
}

async function text(stream) {
  let all = "";
  for await (const piece of stream.setEncoding("utf8")) all += piece;
  return all;
}

async function byHttps(to, path, body) {
  const socket = await secured(to, ["http/1.1"]);
  return new Promise((resolve, reject) => {
    const request = https.request({ createConnection: () => socket, defaultPort: 443, host: to, path, method: body ? "POST" : "GET" });
    request.on("response", async (response) => {
      const answer = { status: response.statusCode, deny: response.headers["x-egress-deny"], body: await text(response) };
      socket.destroy();
      resolve(answer);
    });
    request.on("error", reject).end(body);
  });
}

async function byHttp2() {
  const socket = await secured(host, ["h2"]);
  const session = http2.connect(`https://${host}`, { createConnection: () => socket });
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, i) => {
      const stream = session.request({ ":method": "POST", ":path": `/echo?by=node&i=${i}` });
      stream.end("n".repeat(30_000));
      return text(stream);
    }),
  );
  session.close();
  return answers.every((answer) => answer === "n".repeat(30_000));
}

const said = {
  https: await byHttps(host, "/echo?by=node", "from node"),
  denied: await byHttps("nowhere.example", "/"),
  http2: await byHttp2(),
};
console.log(JSON.stringify(said));
