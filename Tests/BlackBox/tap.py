"""Counts what a conversation costs on the wire: all bytes of each sender, and the sound in them.

    device → relay → tap → relay → agent

The first relay counts what the device sends, the second what the agent sends: each direction where its
sender's own bytes pass, so what the tap makes of them does not matter. The tap ends TLS on both sides
and reads along.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import threading
from collections import Counter
from dataclasses import dataclass, field

from frames import BINARY, PING, PONG, TEXT, unmasked
from programs import SECONDS, free_port
from relay import Relay

HEADER_BYTES = 16


@dataclass
class Reading:
    """The messages of one direction."""

    opus_bytes: int = 0
    packets: int = 0
    text_bytes: int = 0
    # How many of each kind: control messages by their type, and WebSocket's own.
    kinds: Counter[str] = field(default_factory=Counter)
    _buffer: bytearray = field(default_factory=bytearray)
    _is_upgraded: bool = False

    def read(self, data: bytes) -> None:
        self._buffer += data
        if not self._is_upgraded:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            del self._buffer[:end + 4]
            self._is_upgraded = True
        while (frame := self._frame()) is not None:
            opcode, content = frame
            if opcode == BINARY:
                self.packets += 1
                self.opus_bytes += len(content) - HEADER_BYTES
            elif opcode == TEXT:
                self.text_bytes += len(content)
                self.kinds[json.loads(content)["type"]] += 1
            else:
                self.kinds[{PING: "WebSocket ping", PONG: "WebSocket pong"}.get(opcode, "other")] += 1

    def _frame(self) -> tuple[int, bytes] | None:
        """Takes the next frame off the buffer: its kind and its content."""
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        length, head = buffer[1] & 0x7F, 2
        extra = {126: 2, 127: 8}.get(length, 0)
        if extra:
            if len(buffer) < head + extra:
                return None
            length, head = int.from_bytes(buffer[head:head + extra], "big"), head + extra
        mask = bytes(buffer[head:head + 4]) if buffer[1] & 0x80 else b""
        head += len(mask)
        if len(buffer) < head + length:
            return None
        opcode, content = buffer[0] & 0x0F, bytes(buffer[head:head + length])
        del buffer[:head + length]
        return opcode, unmasked(content, mask) if mask else content


class Tap:
    """Stands between device and agent; the device calls `tap.port`."""

    def __init__(self, agent_port: int, certificate, key, authority) -> None:
        self.up, self.down = Reading(), Reading()
        self._near = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._near.load_cert_chain(certificate, key)
        self._far = ssl.create_default_context(cafile=str(authority))
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        middle = free_port()
        self.agent_side = Relay(agent_port)
        asyncio.run_coroutine_threadsafe(self._start(middle), self._loop).result(SECONDS)
        self.device_side = Relay(middle)
        self.port = self.device_side.port

    @property
    def wire_up(self) -> int:
        return self.device_side.up.bytes

    @property
    def wire_down(self) -> int:
        return self.agent_side.down.bytes

    def close(self) -> None:
        self.device_side.close()
        self.agent_side.close()
        self._loop.call_soon_threadsafe(self._loop.stop)

    async def _start(self, port: int) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", port, ssl=self._near)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(
            "localhost", self.agent_side.port, ssl=self._far)
        await asyncio.gather(
            self._pass(reader, far_writer, self.up), self._pass(far_reader, writer, self.down),
            return_exceptions=True)

    @staticmethod
    async def _pass(source: asyncio.StreamReader, sink: asyncio.StreamWriter, reading: Reading) -> None:
        try:
            while data := await source.read(65_536):
                reading.read(data)
                sink.write(data)
                await sink.drain()
        finally:
            sink.close()
