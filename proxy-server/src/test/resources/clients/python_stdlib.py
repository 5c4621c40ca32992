"""urllib and http.client. Prints a line for each thing that works."""

import http.client
import sys
import urllib.error
import urllib.parse
import urllib.request

import strictly

proxy = urllib.parse.urlsplit(sys.argv[1])
handler = urllib.request.HTTPSHandler(context=strictly.context())
opener = urllib.request.build_opener(handler)  # the proxy is in the environment

for host in ("h1.example", "h2.example"):
    with opener.open(f"https://{host}/keep?by=urllib", data=b"some text", timeout=20) as response:
        assert response.status == 200
        assert response.read() == b"some text"
    with opener.open(f"https://{host}/bytes/3000000?chunked=1", timeout=20) as response:
        assert response.read() == strictly.pattern(3_000_000)
    print(f"urllib: {host}")

with opener.open("https://h2.example/early-hints", timeout=20) as response:
    assert (response.status, response.read()) == (200, b"after hints\n")
print("urllib: no early hint")

with opener.open("http://plain.example/keep", data=b"in the clear", timeout=20) as response:
    assert response.read() == b"in the clear"
print("urllib: in the clear")

connection = http.client.HTTPSConnection(proxy.hostname, proxy.port, context=strictly.context(), timeout=20)
connection.set_tunnel("h1.example", 443)
connection.connect()
socket = connection.sock
for _ in range(5):
    connection.request("GET", "/", headers={"Authorization": "Bearer agents-own"})
    assert connection.getresponse().read() == b"hello from the origin\n"
assert connection.sock is socket
print("http.client: keeps its connection")

pieces = [bytes([i]) * 10_000 for i in range(100)]
connection.request("POST", "/keep", body=iter(pieces), encode_chunked=True, headers={"Transfer-Encoding": "chunked"})
assert connection.getresponse().read() == b"".join(pieces)
connection.close()
print("http.client: chunked upload")

try:
    opener.open("https://other.example/", timeout=20)
    raise AssertionError("not denied")
except urllib.error.HTTPError as denied:
    assert denied.code == 403
    assert b"host other.example is not allowed" in denied.read()
print("urllib: denied in words")
