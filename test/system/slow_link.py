"""A TCP proxy that makes a link slow: every byte takes `one_way_s` each way, a packet that is lost
costs a round trip and holds up what is behind it, as with TCP. Loss is drawn from a seed."""
import asyncio
import random
import threading

PACKET_BYTES = 1460
CHUNK_BYTES = 4096
IN_FLIGHT_CHUNKS = 16


class SlowLink:
    """From `address` to whatever port `target` answers when somebody dials."""

    def __init__(self, target, one_way_s=1.0, loss=0.05, seed=1):
        self.target, self.one_way_s, self.loss = target, one_way_s, loss
        self.chance = random.Random(seed)
        self.connections, self.carried = set(), 0
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        self.server = self.do(asyncio.start_server(self.serve, "127.0.0.1", 0))
        port = self.server.sockets[0].getsockname()[1]
        self.address = f"127.0.0.1:{port}"

    def do(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result()

    def cut(self):
        """Every connection breaks; new ones can be made at once."""
        async def all_break():
            for writer in self.connections:
                writer.transport.abort()
        self.do(all_break())

    def close(self):
        async def end():
            self.server.close()
            for writer in self.connections:
                writer.transport.abort()
            tasks = asyncio.all_tasks() - {asyncio.current_task()}
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        self.do(end())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()

    async def serve(self, reader, writer):
        """The kernel has answered the dialler already, so its round trip is made up for here."""
        await asyncio.sleep(2 * self.one_way_s)
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target())
        except OSError:
            writer.transport.abort()
            return
        both = {writer, far_writer}
        self.connections |= both
        try:
            await asyncio.gather(self.pump(reader, far_writer), self.pump(far_reader, writer))
        except (OSError, asyncio.CancelledError):
            pass  # it was cut, or all of this ends
        finally:
            self.connections -= both
            for each in both:
                each.transport.abort()

    def stall_s(self, size):
        seconds = 0.0
        for _ in range(0, size, PACKET_BYTES):
            again = 2 * self.one_way_s
            while self.chance.random() < self.loss:
                seconds += again
                again *= 2
        return seconds

    async def pump(self, reader, writer):
        flight = asyncio.Queue(IN_FLIGHT_CHUNKS)

        async def deliver():
            while True:
                due, data = await flight.get()
                await asyncio.sleep(due - self.loop.time())
                if not data:
                    writer.write_eof()
                    return
                writer.write(data)
                await writer.drain()
                self.carried += len(data)

        async def take():
            last = 0.0
            while True:
                data = await reader.read(CHUNK_BYTES)
                last = max(last, self.loop.time() + self.one_way_s) + self.stall_s(len(data))
                await flight.put((last, data))
                if not data:
                    return

        await asyncio.gather(take(), deliver())
