"""A network between device and agent that does as it is told: slow, silent, cut, damaged.

It passes TCP on, byte by byte in order, and knows nothing of what is in it but where a TLS record
ends. A test changes it while it runs:

    relay = Relay(agent.port)               # the device calls relay.port
    relay.up.delay = 0.2                    # from the device to the agent, seconds
    relay.down.rate = 1                     # bytes a second
    relay.sever()                           # a partition: nothing arrives, nobody is told
    relay.heal()
    relay.reset()                           # RST to both sides
    relay.gate = Gate.REFUSED               # nobody listens
"""

from __future__ import annotations

import asyncio
import enum
import random
import socket
import struct
import threading
import time
from dataclasses import dataclass, field

from programs import SECONDS, free_port


class Gate(enum.Enum):
    """What a new connection meets."""

    OPEN = "passed on to the agent"
    SILENT = "accepted, then nothing: a program that hangs"
    UNANSWERED = "its SYN is dropped: a network that hangs"
    REFUSED = "reset at once: a machine on which nobody listens"


class End(enum.Enum):
    """How a connection is ended."""

    DROP = "FIN, as by a program that ends"
    RESET = "RST, as by a machine that restarted"
    STALL = "not at all: nothing more comes"


@dataclass
class Cut:
    """Ends the connections when one has carried so much in this direction."""

    after_bytes: int | None = None
    # Of TLS, which is one for each message when the sender flushes each.
    after_records: int | None = None
    how: End = End.RESET


@dataclass
class Way:
    """What happens to the bytes of one direction."""

    delay: float = 0
    jitter: float = 0
    rate: float | None = None
    # These bytes, counted from a connection's first, arrive with a bit turned over.
    damaged: set[int] = field(default_factory=set)
    cut: Cut | None = None
    stalled: bool = False
    bytes: int = 0
    records: int = 0

    def clear(self) -> None:
        """Passes everything on again; what was counted stays."""
        self.delay, self.jitter, self.rate = 0, 0, None
        self.damaged, self.cut, self.stalled = set(), None, False


class Records:
    """Finds the ends of TLS records in a stream."""

    def __init__(self) -> None:
        self._head = b""
        self._left = 0

    def ends(self, data: bytes) -> list[int]:
        """Where in `data` a record ends."""
        found, place = [], 0
        while place < len(data):
            if self._left == 0:
                taken = data[place:place + 5 - len(self._head)]
                self._head, place = self._head + taken, place + len(taken)
                if len(self._head) < 5:
                    break
                self._left, self._head = int.from_bytes(self._head[3:5], "big"), b""
            step = min(self._left, len(data) - place)
            place, self._left = place + step, self._left - step
            if self._left == 0:
                found.append(place)
        return found


class Relay:
    """Listens on a port of its own and passes connections on to the agent's."""

    CHUNK = 16_384

    def __init__(self, target: int, address: str = "127.0.0.1", listen: str = "127.0.0.1",
                 port: int = 0, seed: int = 1) -> None:
        self.target, self.address, self.listen = target, address, listen
        self.up, self.down = Way(), Way()
        # When each connection came, by the clock that Program.lines have too.
        self.accepted: list[float] = []
        self._dice = random.Random(seed)
        self._gate = Gate.OPEN
        self._pairs: set[Pair] = set()
        self._server: asyncio.Server | None = None
        self._stuffed: list[socket.socket] = []
        self._news = threading.Condition()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.port = port or free_port()
        self._run(self._set_gate(Gate.OPEN))

    # What a test says

    @property
    def gate(self) -> Gate:
        return self._gate

    @gate.setter
    def gate(self, gate: Gate) -> None:
        self._run(self._set_gate(gate))

    def stall(self, up: bool = True, down: bool = True) -> None:
        """Takes nothing more of these directions; what was said stays where it is."""
        self.up.stalled, self.down.stalled = up, down

    def sever(self) -> None:
        """A partition: what there is stalls, and what is new is not answered."""
        self.stall()
        self.gate = Gate.UNANSWERED

    def heal(self) -> None:
        """Everything passes again, also what waited in connections that nobody gave up."""
        self.up.clear()
        self.down.clear()
        self.gate = Gate.OPEN

    def drop(self) -> None:
        self.end(End.DROP)

    def reset(self) -> None:
        self.end(End.RESET)

    def end(self, how: End) -> None:
        """Ends all connections there are; new ones are welcome."""
        if how is End.STALL:
            self.stall()
        else:
            self._run(self._end(how))

    def await_connections(self, count: int, seconds: float = SECONDS) -> None:
        with self._news:
            if not self._news.wait_for(lambda: len(self.accepted) >= count, seconds):
                raise AssertionError(f"{len(self.accepted)} connections instead of {count}")

    def close(self) -> None:
        self._run(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(SECONDS)
        self._loop.close()

    # How

    def _run(self, work):
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(SECONDS)

    async def _set_gate(self, gate: Gate) -> None:
        if self._server:
            self._server.close()
            self._server = None
        for stuffing in self._stuffed:
            stuffing.close()
        self._stuffed = []
        self._gate = gate
        if gate in (Gate.OPEN, Gate.SILENT):
            self._server = await asyncio.start_server(self._accept, sock=await self._bound())
        elif gate is Gate.UNANSWERED:
            self._stuff(await self._bound())

    async def _bound(self) -> socket.socket:
        """A program that another thread is just starting may hold the port for a moment."""
        deadline = time.monotonic() + SECONDS
        while True:
            # Named, because asyncio sends at once only where it knows that it is TCP; without that a
            # short message waits for the receipt of the one before, 40 ms that are not the daemon's.
            listener = socket.socket(proto=socket.IPPROTO_TCP)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind((self.listen, self.port))
                return listener
            except OSError:
                listener.close()
                if time.monotonic() > deadline:
                    raise
            await asyncio.sleep(0.005)

    def _stuff(self, listener: socket.socket) -> None:
        """Listens, and lets the queue be full: the kernel then drops whoever knocks."""
        listener.listen(0)
        self._stuffed.append(listener)
        for _ in range(2):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex((self.listen, self.port))
            self._stuffed.append(filler)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with self._news:
            self.accepted.append(time.monotonic())
            self._news.notify_all()
        device = Side(reader, writer)
        pair = Pair(self, device)
        self._pairs.add(pair)
        try:
            if self._gate is Gate.OPEN:
                agent = Side(*await asyncio.open_connection(self.address, self.target))
                await pair.carry(agent)
            else:
                await pair.over.wait()
        except OSError:
            # Nobody listens where we pass on to: the device is to learn it as it would without us.
            pair.end(End.RESET)
        finally:
            self._pairs.discard(pair)

    async def _end(self, how: End) -> None:
        for pair in list(self._pairs):
            pair.end(how)

    async def _close(self) -> None:
        await self._set_gate(Gate.REFUSED)
        await self._end(End.DROP)
        while self._pairs:
            await asyncio.sleep(0.001)


@dataclass
class Side:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def end(self, how: End) -> None:
        if how is End.RESET:
            plain = self.writer.get_extra_info("socket")
            if plain is not None and plain.fileno() >= 0:
                plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.writer.transport.abort()
        else:
            self.writer.close()


class Pair:
    """One connection of the device and the one that goes on to the agent."""

    # A stalled direction is asked this often whether it still is.
    NAP = 0.005

    def __init__(self, relay: Relay, device: Side) -> None:
        self.relay = relay
        self.sides = [device]
        self.over = asyncio.Event()

    async def carry(self, agent: Side) -> None:
        self.sides.append(agent)
        device = self.sides[0]
        ways = [asyncio.create_task(self._pump(device, agent, self.relay.up)),
                asyncio.create_task(self._pump(agent, device, self.relay.down))]
        await self.over.wait()
        for way in ways:
            way.cancel()

    def end(self, how: End) -> None:
        for side in self.sides:
            side.end(how)
        self.over.set()

    async def _pump(self, source: Side, sink: Side, way: Way) -> None:
        how = End.DROP
        queue: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(64)
        sender = asyncio.create_task(self._send(queue, sink, way))
        try:
            while data := await self._take(source, way):
                late = way.delay + self.relay._dice.random() * way.jitter
                await queue.put((time.monotonic() + late, data))
            await queue.put((0, b""))
            await sender
        except OSError:
            how = End.RESET
        finally:
            sender.cancel()
        self.end(how)

    async def _take(self, source: Side, way: Way) -> bytes:
        size = Relay.CHUNK if way.rate is None else max(1, min(Relay.CHUNK, int(way.rate / 20)))
        data = await source.reader.read(size)
        # What is on its way when the network goes does not arrive either.
        while way.stalled:
            await asyncio.sleep(self.NAP)
        return data

    async def _send(self, queue: asyncio.Queue, sink: Side, way: Way) -> None:
        carried, records, scanner = 0, 0, Records()
        while True:
            due, data = await queue.get()
            if not data:
                return
            await asyncio.sleep(max(0, due - time.monotonic()))
            while way.stalled:
                await asyncio.sleep(self.NAP)
            data = bytes(byte ^ 1 if carried + place in way.damaged else byte
                         for place, byte in enumerate(data)) if way.damaged else data
            ends, limit = scanner.ends(data), None
            if way.cut and way.cut.after_bytes is not None:
                limit = way.cut.after_bytes - carried
            if way.cut and way.cut.after_records is not None:
                left = way.cut.after_records - records
                if left <= len(ends):
                    limit = ends[left - 1] if left > 0 else 0
            cuts = limit is not None and limit <= len(data)
            if cuts:
                data = data[:max(0, limit)]
                ends = [end for end in ends if end <= len(data)]
            sink.writer.write(data)
            carried, records = carried + len(data), records + len(ends)
            way.bytes, way.records = way.bytes + len(data), way.records + len(ends)
            await sink.writer.drain()
            if cuts:
                await self._cut(way)
                continue
            if way.rate:
                await asyncio.sleep(len(data) / way.rate)

    async def _cut(self, way: Way) -> None:
        cut, way.cut = way.cut, None
        if cut.how is End.STALL:
            self.relay.stall()
        else:
            # An RST overtakes what still lies in our own buffers.
            await asyncio.sleep(0.01)
            self.end(cut.how)
