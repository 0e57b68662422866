"""Coroutines on the standard library's event loop."""

import asyncio

from endpoint import backlog, port


async def echo(reader, writer):
    while data := await reader.read(1024):
        writer.write(data)
        await writer.drain()
    writer.close()


async def main():
    server = await asyncio.start_server(echo, "127.0.0.1", port(), backlog=backlog())
    async with server:
        await server.serve_forever()


asyncio.run(main())
