// Node's http parser (llhttp) as a witness. "server": answers each request with what it was, in a field. "client PORT N": asks
// for /0 to /N-1, HEAD where the number is divisible by 8, and prints what each answer was.
import http from 'node:http';
import { createHash } from 'node:crypto';

const hex = (text) => Buffer.from(text, 'latin1').toString('hex');
const skipped = new Set(['connection', 'host', 'transfer-encoding', 'trailer']);

function fields(raw) {
  const all = [];
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i].toLowerCase();
    if (!skipped.has(name)) all.push({ name, value: raw[i + 1] });
  }
  all.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)); // stable: values keep their order
  return hex(all.map((field) => `${field.name}:${field.value}\n`).join(''));
}

function hosts(raw) {
  return hex(raw.filter((_, i) => i % 2 === 1 && raw[i - 1].toLowerCase() === 'host').join('\n'));
}

function server() {
  const options = { maxHeaderSize: 1 << 20, requestTimeout: 0, headersTimeout: 0, keepAliveTimeout: 0, requireHostHeader: false };
  const tellOf = (request, response) => {
    const socket = request.socket;
    socket.underWay = (socket.underWay ?? 0) + 1;
    const body = createHash('sha256');
    let length = 0;
    request.on('data', (part) => {
      body.update(part);
      length += part.length;
    });
    request.on('error', () => {}); // its clientError tells
    request.on('end', () => {
      const seen = [hex(request.method), hex(request.url), hosts(request.rawHeaders), length, body.digest('hex'),
        fields(request.rawHeaders), fields(request.rawTrailers), '.'].join(' ');
      response.writeHead(200, { 'x-seen': seen, 'content-length': 0 });
      response.end(() => {
        socket.underWay--;
        socket.whenIdle?.();
      });
    });
  };
  const listening = http.createServer(options, tellOf);
  listening.on('checkExpectation', tellOf);
  listening.httpAllowHalfOpen = true;
  listening.maxHeadersCount = 0;
  listening.on('clientError', (error, socket) => {
    const said = error.code === 'HPE_INVALID_EOF_STATE' || error.code === 'ECONNRESET' ? 'incomplete' : `refused ${error.code}`;
    let told = false;
    const tell = () => {
      if (!told && socket.writable) {
        socket.end(`HTTP/1.1 400 Bad Request\r\nx-seen: ${said}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`);
      }
      told = true;
    };
    if (!socket.underWay) {
      tell();
    } else {
      socket.whenIdle = () => socket.underWay || tell();
      setTimeout(tell, 50); // the request whose body broke off is pending for ever
    }
  });
  listening.listen(0, '127.0.0.1', () => console.log(`port ${listening.address().port}`));
  process.stdin.on('end', () => process.exit(0)).resume(); // ends with the test
}

function ask(port, n) {
  return new Promise((resolve) => {
    const method = n % 8 === 0 ? 'HEAD' : 'GET';
    const request = http.request({ port, host: '127.0.0.1', method, path: `/${n}`, agent: false, maxHeaderSize: 1 << 20 });
    request.on('error', (error) => resolve(`${n} ${error.code === 'ECONNRESET' ? 'incomplete' : `refused ${error.code}`}`));
    request.on('upgrade', (response, socket) => {
      socket.destroy();
      resolve(`${n} upgraded`);
    });
    request.on('response', (response) => {
      const body = createHash('sha256');
      let length = 0;
      response.on('data', (part) => {
        body.update(part);
        length += part.length;
      });
      response.on('error', (error) =>
        resolve(`${n} ${error.code === 'ECONNRESET' || error.code === 'HPE_INVALID_EOF_STATE' ? 'incomplete' : `refused ${error.code}`}`));
      response.on('end', () => {
        const seen = [response.statusCode, length, body.digest('hex'), fields(response.rawHeaders), fields(response.rawTrailers), '.'];
        resolve(`${n} ${seen.join(' ')}`);
      });
    });
    request.end();
  });
}

async function client(port, count) {
  const lines = [];
  for (let from = 0; from < count; from += 16) {
    const some = [];
    for (let n = from; n < Math.min(count, from + 16); n++) some.push(ask(port, n));
    lines.push(...(await Promise.all(some)));
  }
  console.log(lines.join('\n'));
}

if (process.argv[2] === 'server') server();
else await client(Number(process.argv[3]), Number(process.argv[4]));
