"""requests. Prints a line for each thing that works."""

import requests
from requests.adapters import HTTPAdapter

import strictly


class Strict(HTTPAdapter):
    """Verifies with our context."""

    def init_poolmanager(self, *args, **kwargs):
        super().init_poolmanager(*args, ssl_context=strictly.context(), **kwargs)

    def proxy_manager_for(self, proxy, **kwargs):
        return super().proxy_manager_for(proxy, ssl_context=strictly.context(), **kwargs)


# As people use it: HTTPS_PROXY and REQUESTS_CA_BUNDLE are all it is told.
assert requests.get("https://h2.example/", timeout=20).text == "hello from the origin\n"
print("environment alone")

session = requests.Session()
session.mount("https://", Strict())
for host in ("h1.example", "h2.example"):
    answer = session.post(f"https://{host}/keep", json={"a": [1, "é"]}, timeout=20)
    assert answer.status_code == 200
    assert answer.content == b'{"a": [1, "\\u00e9"]}'
    print(f"strict: {host}")

pieces = [bytes([i]) * 20_000 for i in range(100)]
answer = session.post("https://h2.example/keep", data=iter(pieces), timeout=20)
assert answer.content == b"".join(pieces)
print("streamed upload")

assert session.get("https://h2.example/gzip?n=5000", timeout=20).text == "x" * 5000
print("compressed")

answer = session.get("https://h1.example/redirect?to=/status/404", timeout=20)
assert (answer.status_code, answer.text, len(answer.history)) == (404, "status 404", 1)
print("redirect")

with session.get("https://h2.example/turns?n=5", stream=True, timeout=20) as events:
    data = []
    for line in events.iter_lines(chunk_size=1):
        if line.startswith(b"data: "):
            assert line == b"data: turn %d" % len(data)
            assert session.get(f"https://h2.example/turn?n={len(data)}", timeout=20).status_code == 204
            data.append(line)
    assert len(data) == 5
print("events as they are sent")

# An origin that answers h2 may send a 103, which http.client would take for the answer.
answer = session.get("https://h2.example/early-hints", timeout=20)
assert (answer.status_code, answer.text) == (200, "after hints\n")
print("no early hint")

denied = session.get("https://other.example/", timeout=20)
assert denied.status_code == 403
assert "host other.example is not allowed" in denied.text
print("denied in words")
