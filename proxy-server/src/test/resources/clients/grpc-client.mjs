// grpc-js, told of proxy and authority by its environment alone. Prints a line for each thing that works.
import assert from "node:assert";
import { createRequire } from "node:module";

const require = createRequire(process.env.MODULES);
const grpc = require("@grpc/grpc-js");
const [, , target, absent] = process.argv;
const same = (bytes) => bytes;

function client(to) {
  return new grpc.Client(to, grpc.credentials.createSsl());
}

function call(to, path, message) {
  return new Promise((done, failed) => {
    const options = { deadline: Date.now() + 20_000 };
    to.makeUnaryRequest(path, same, same, Buffer.from(message), new grpc.Metadata(), options, (error, answer) =>
      error ? failed(error) : done(answer.toString()),
    );
  });
}

async function failure(to, path, message) {
  try {
    await call(to, path, message);
  } catch (error) {
    return error;
  }
  throw new Error("no failure");
}

const echo = client(target);
assert.equal(await call(echo, "/echo.Echo/unary", "hello"), "hello");
console.log("unary");

const counted = [];
const stream = echo.makeServerStreamRequest("/echo.Echo/serverStream", same, same, Buffer.from("50"));
for await (const answer of stream) counted.push(Number(answer.toString()));
assert.deepEqual(counted, Array.from({ length: 50 }, (_, i) => i));
console.log("server stream");

let error = await failure(echo, "/echo.Echo/failing", "out of plums");
assert.equal(error.code, grpc.status.RESOURCE_EXHAUSTED);
assert.equal(error.details, "out of plums, 100% gone: ü");
console.log("the server's own failure");

error = await failure(echo, "/other.Service/call", "hello");
assert.equal(error.code, grpc.status.PERMISSION_DENIED);
assert.match(error.details, /^egress: path /);
assert.deepEqual(error.metadata.get("x-egress-deny"), ["path_not_allowed"]);
console.log("denied in words");

assert.equal(await call(echo, "/echo.Echo/unary", "again"), "again");
error = await failure(client(absent), "/echo.Echo/unary", "hello");
assert.equal(error.code, grpc.status.UNAVAILABLE);
assert.match(error.details, /refused/);
console.log("an origin that is away");
process.exit(0);
