"""MCP's own SDK: reads what the gate allows, by HTTP through the proxy or by the bridge that the arguments start.

Prints a line for each thing that works, in the version without a handshake first.
"""

import asyncio
import sys

from mcp import Client
from mcp.client.stdio import StdioServerParameters

HTTP = "http://_egress.local/mcp"


def server():
    command = sys.argv[1:]
    return StdioServerParameters(command=command[0], args=command[1:]) if command else HTTP


async def read(mode):
    async with Client(server(), mode=mode) as client:
        print(f"{mode}: speaks {client.protocol_version}")
        print("instructions:", "egress_ask" in (client.instructions or ""))
        tools = await client.list_tools()
        print("tools:", *[tool.name for tool in tools.tools])
        status = await client.call_tool("egress_status", {})
        content = status.structured_content
        print("status:", status.is_error, content["caller"], *content["routes"][0]["serves"])
        explained = await client.call_tool("egress_explain", {"url": "https://other.example/"})
        print("explained:", explained.structured_content["code"])
        unknown = await client.call_tool("egress_ask_result", {"id": "0" * 32})
        print("unknown:", unknown.is_error, unknown.content[0].text)


async def main():
    await read("auto")
    await read("legacy")


asyncio.run(main())
