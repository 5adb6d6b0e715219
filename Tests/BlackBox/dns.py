"""A name server of ours (RFC 1035): answers, says that there is no such name, or says nothing."""

from __future__ import annotations

import socket
import struct
import threading


class NameServer:
    def __init__(self, address: str, port: int = 53) -> None:
        # What every name means; empty: no such name; None: no answer at all.
        self.answer: str | None = None
        self.asked: list[str] = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((address, port))
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        # shutdown wakes the receive, which a close alone would leave waiting for ever.
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                query, caller = self._socket.recvfrom(512)
            except OSError:
                return
            if not query:
                return
            name, end = self._name(query)
            self.asked.append(name)
            if self.answer is not None:
                self._socket.sendto(self._reply(query, end), caller)

    @staticmethod
    def _name(query: bytes) -> tuple[str, int]:
        labels, place = [], 12
        while query[place]:
            labels.append(query[place + 1:place + 1 + query[place]].decode("latin-1"))
            place += 1 + query[place]
        return ".".join(labels), place + 5

    def _reply(self, query: bytes, end: int) -> bytes:
        (kind,) = struct.unpack(">H", query[end - 4:end - 2])
        has_address = bool(self.answer) and kind == 1
        flags = 0x8180 if self.answer else 0x8183
        head = query[:2] + struct.pack(">HHHHH", flags, 1, int(has_address), 0, 0)
        record = b""
        if has_address:
            record = struct.pack(">HHHIH", 0xC00C, 1, 1, 1, 4) + socket.inet_aton(self.answer)
        return head + query[12:end] + record
