"""MCP's own SDK: is denied, asks why, asks for access, waits for the answer and tries again.

Writes a line for each step. Arguments: the URL to ask for, and what the justification says.
"""

import asyncio
import sys
import urllib.error
import urllib.request
from urllib.parse import urlsplit

from mcp import Client

MOST_LOOKS = 200
URL = sys.argv[1]


def get():
    try:
        with urllib.request.urlopen(URL, timeout=20) as answer:
            return answer.status
    except urllib.error.HTTPError as denied:
        return denied.code


async def main():
    print("before:", get())
    async with Client("http://_egress.local/mcp") as client:
        explained = await client.call_tool("egress_explain", {})
        latest = explained.structured_content["denials"][0]
        print("why:", latest["code"], latest["url"])
        put = await client.call_tool("egress_ask_result", {"id": latest["question"]})
        print("put already:", put.structured_content["state"], put.structured_content["url"])
        url = urlsplit(URL)
        asked = await client.call_tool(
            "egress_ask",
            {
                "host": url.hostname,
                "port": 80,
                "path_prefix": url.path,
                "method": "GET",
                "justification": sys.argv[2],
            },
        )
        content = asked.structured_content
        print("asked:", content["state"])
        state = content
        for _ in range(MOST_LOOKS):
            state = (await client.call_tool("egress_ask_result", {"id": content["id"]})).structured_content
            if state["state"] != "pending":
                break
            await asyncio.sleep(0.1)
        print("answer:", state["state"], state["words"])
    print("after:", get())


asyncio.run(main())
