// Node of any version through the proxy of its environment: its own fetch where that reads the variables, else CONNECT by hand.
import http from 'node:http'
import https from 'node:https'
import tls from 'node:tls'

const url = new URL(process.argv[2])
const [major, minor] = process.versions.node.split('.').map(Number)
if (major > 24 || major === 24 || (major === 22 && minor >= 21)) {
  console.log((await fetch(url)).status)
} else {
  const proxy = new URL(process.env.HTTPS_PROXY)
  const authority = `${url.hostname}:${url.port || 443}`
  http.request({ host: proxy.hostname, port: proxy.port, method: 'CONNECT', path: authority })
    .on('connect', (_, socket) => {
      const secure = tls.connect({ socket, servername: url.hostname }, () => {
        https.get({ host: url.hostname, path: url.pathname, headers: { host: url.host }, createConnection: () => secure },
          response => { console.log(response.statusCode); response.resume(); response.on('end', () => process.exit()) })
      })
    })
    .end()
}
