#!/usr/bin/env python3
"""Five hundred connections to one port that mean no good: silent ones, halves of a TLS hello,
hellos that come a byte at a time, whole handshakes with nothing to show, and one peer with a
certificate that asks without pause. Who is hung up on comes again. Prints `begun`, and goes on
until killed.

    siege.py PORT CHAIN KEY
"""
import asyncio
import logging
import sys

from wire import HALF_A_HELLO, SESSION, bootstrap, finish, tls_context

OF_EACH_KIND = 125
AGAIN_S, SLOW_BYTE_S = 1, 0.1
FLOOD_AT_ONCE, FLOOD_PAUSE_S = 100, 0.02  # 5,000 calls a second


async def until_hung_up(reader):
    while await reader.read(4096):
        pass


async def silent(port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    await until_hung_up(reader)
    writer.close()


async def half(port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(HALF_A_HELLO)
    await until_hung_up(reader)
    writer.close()


async def slow(port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for byte in HALF_A_HELLO + bytes(200):
        if reader.at_eof():
            break
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(SLOW_BYTE_S)
    writer.close()


async def nobody(port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=tls_context(SESSION))
    writer.write(bootstrap(0))
    await until_hung_up(reader)
    writer.close()


async def flood(port, certificate):
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", port, ssl=tls_context(SESSION, certificate))
    reading = asyncio.ensure_future(until_hung_up(reader))
    question = 0
    while not reading.done():
        for _ in range(FLOOD_AT_ONCE):
            writer.write(bootstrap(question) + finish(question))
            question += 1
        await writer.drain()
        await asyncio.sleep(FLOOD_PAUSE_S)
    writer.close()


async def again_and_again(attack, *words):
    while True:
        try:
            await attack(*words)
        except OSError:
            pass
        await asyncio.sleep(AGAIN_S)


async def main():
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # of writing to who has hung up
    port, certificate = int(sys.argv[1]), sys.argv[2:4]
    attacks = [again_and_again(kind, port) for kind in (silent, half, slow, nobody)
               for _ in range(OF_EACH_KIND)]
    running = [asyncio.ensure_future(attack) for attack in attacks]
    running.append(asyncio.ensure_future(again_and_again(flood, port, certificate)))
    await asyncio.sleep(AGAIN_S)
    print("begun", flush=True)
    await asyncio.gather(*running)


asyncio.run(main())
