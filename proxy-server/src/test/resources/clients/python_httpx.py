"""httpx over HTTP/1.1 and HTTP/2, as the SDKs of LLM services use it. Prints a line for each thing that works."""

import asyncio
import sys

import httpx

import strictly

proxy = sys.argv[1]


def client(http2):
    return httpx.Client(proxy=proxy, verify=strictly.context(), http1=not http2, http2=http2, timeout=20)


def exercise(session, version, host):
    answer = session.post(f"https://{host}/keep", content=strictly.pattern(3_000_000))
    assert answer.http_version == version
    assert answer.content == strictly.pattern(3_000_000)
    pieces = [bytes([i]) * 10_000 for i in range(50)]
    assert session.post(f"https://{host}/echo", content=iter(pieces)).content == b"".join(pieces)
    seen = 0
    with session.stream("GET", f"https://{host}/turns?n=5") as events:
        for line in events.iter_lines():
            if line.startswith("data: "):
                assert line == f"data: turn {seen}"
                assert session.get(f"https://{host}/turn?n={seen}").status_code == 204
                seen += 1
    assert seen == 5
    print(f"{version} to {host}")


for http2 in (False, True):
    with client(http2) as session:
        for host in ("h1.example", "h2.example"):
            exercise(session, "HTTP/2" if http2 else "HTTP/1.1", host)


async def at_a_time():
    async with httpx.AsyncClient(
        proxy=proxy, verify=strictly.context(), http1=False, http2=True, timeout=20
    ) as session:
        answers = await asyncio.gather(*(session.get("https://h2.example/bytes/70000") for _ in range(40)))
        assert all(answer.content == strictly.pattern(70_000) for answer in answers)


asyncio.run(at_a_time())
print("forty streams at a time")

with client(True) as session:
    with session.stream("GET", "https://h2.example/bytes/100000000") as answer:
        assert len(next(answer.iter_bytes())) > 0
    assert session.get("https://h2.example/").text == "hello from the origin\n"
print("abandoned stream")

with client(True) as session:
    denied = session.get("https://other.example/")
    assert denied.status_code == 403
    assert "host other.example is not allowed" in denied.text
print("denied in words")
