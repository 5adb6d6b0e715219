"""WebSocket for asyncio, the server's side (RFC 6455), as much as an agent in Python needs."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import struct

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Closed(Exception):
    """The device hung up; with the code of its close frame, if there was one."""

    def __init__(self, why: str, code: int | None = None) -> None:
        super().__init__(why)
        self.code = code


class Breach(Exception):
    """The device did what it must not."""


def close_frame(code: int) -> bytes:
    return frame(CLOSE, struct.pack(">H", code))


def frame(opcode: int, data: bytes) -> bytes:
    """A whole message in one frame."""
    head = bytes([0x80 | opcode])
    if len(data) < 126:
        return head + bytes([len(data)]) + data
    if len(data) < 65_536:
        return head + struct.pack(">BH", 126, len(data)) + data
    return head + struct.pack(">BQ", 127, len(data)) + data


def unmasked(data: bytes, mask: bytes) -> bytes:
    key = mask * (len(data) // 4 + 1)
    size = len(data)
    return (int.from_bytes(data, "big") ^ int.from_bytes(key[:size], "big")).to_bytes(size, "big")


async def upgrade(reader: asyncio.StreamReader, writer: asyncio.StreamWriter,
                  subprotocol: str) -> dict[str, str]:
    """Answers the upgrade; the request's headers, with the path under `path`."""
    request = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    headers = {"path": request[0].split(" ")[1]}
    for line in request[1:]:
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    offered = [name.strip() for name in headers.get("sec-websocket-protocol", "").split(",")]
    if subprotocol not in offered or "sec-websocket-key" not in headers:
        writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        raise Breach(f"it offers {offered} instead of {subprotocol}")
    digest = hashlib.sha1(headers["sec-websocket-key"].encode() + MAGIC).digest()
    writer.write((
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Accept: {base64.b64encode(digest).decode()}\r\n"
        f"Sec-WebSocket-Protocol: {subprotocol}\r\n\r\n").encode())
    return headers


async def receive(reader: asyncio.StreamReader, on_control) -> tuple[int, bytes]:
    """The next message; pings and pongs on the way go to `on_control(opcode, data)`."""
    kind, message = 0, b""
    try:
        while True:
            first, second = await reader.readexactly(2)
            if not second & 0x80:
                raise Breach("a client must mask what it sends")
            length = second & 0x7F
            if length == 126:
                (length,) = struct.unpack(">H", await reader.readexactly(2))
            elif length == 127:
                (length,) = struct.unpack(">Q", await reader.readexactly(8))
            mask = await reader.readexactly(4)
            data = unmasked(await reader.readexactly(length), mask)
            opcode = first & 0x0F
            if opcode == CLOSE:
                code = struct.unpack(">H", data[:2])[0] if len(data) >= 2 else None
                raise Closed(f"close frame, code {code}", code)
            if opcode in (PING, PONG):
                on_control(opcode, data)
                continue
            kind, message = kind or opcode, message + data
            if first & 0x80:
                return kind, message
    except asyncio.IncompleteReadError:
        raise Closed("end of stream") from None
