"""A WebSocket server over TLS that does as it is told, also what no honest one would do.

It shares no code with the project's own, so that what both agree on is the standard (RFC 6455).
"""

import base64
import hashlib
import json
import socket
import ssl
import struct
import threading

from programs import SECONDS

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Closed(Exception):
    """The other side hung up."""


class Connection:
    """One device. Nothing is answered by itself but pings."""

    def __init__(self, stream, hellos):
        self.stream = stream
        self.request = b""
        self.hellos = hellos
        self.buffer = b""
        self.headers = {}

    def read(self, count):
        while len(self.buffer) < count:
            try:
                more = self.stream.recv(65536)
            except (ConnectionError, ssl.SSLError) as error:
                raise Closed(str(error)) from None
            if not more:
                raise Closed("end of stream")
            self.buffer += more
        data, self.buffer = self.buffer[:count], self.buffer[count:]
        return data

    def send_raw(self, data):
        try:
            self.stream.sendall(data)
        except (ConnectionError, ssl.SSLError) as error:
            raise Closed(str(error)) from None

    def send(self, opcode, data, final=True):
        head = bytes([(0x80 if final else 0) | opcode])
        if len(data) < 126:
            head += bytes([len(data)])
        elif len(data) < 65536:
            head += struct.pack(">BH", 126, len(data))
        else:
            head += struct.pack(">BQ", 127, len(data))
        self.send_raw(head + data)

    def send_json(self, **fields):
        self.send(TEXT, json.dumps(fields).encode())

    def send_sound(self, reply, sequence, packet, epoch=0, milliseconds=0, first=False):
        head = struct.pack(">BBBBIII", 0x12, 1, 1 if first else 0, epoch, reply, sequence, milliseconds)
        self.send(BINARY, head + packet)

    def receive(self):
        """The next message, put together: opcode and bytes. A close frame ends it."""
        kind, message = None, b""
        while True:
            first, second = self.read(2)
            assert second & 0x80, "a client must mask what it sends"
            length = second & 0x7F
            if length == 126:
                (length,) = struct.unpack(">H", self.read(2))
            elif length == 127:
                (length,) = struct.unpack(">Q", self.read(8))
            mask = self.read(4)
            data = bytes(byte ^ mask[index % 4] for index, byte in enumerate(self.read(length)))
            opcode = first & 0x0F
            if opcode == CLOSE:
                self.close_code = struct.unpack(">H", data[:2])[0] if len(data) >= 2 else None
                raise Closed(f"close frame, code {self.close_code}")
            if opcode == PING:
                self.send(PONG, data)
                continue
            if opcode == PONG:
                continue
            kind, message = kind or opcode, message + data
            if first & 0x80:
                return kind, message

    def receive_json(self, *types):
        """The next control message, or the next of one of these types; sound is passed over."""
        while True:
            opcode, data = self.receive()
            if opcode == TEXT:
                message = json.loads(data)
                if not types or message["type"] in types:
                    return message

    def welcome(self, **changes):
        """Takes the hello and answers it."""
        hello = self.receive_json("hello")
        # Before the welcome, after which the test may look.
        self.hellos.append(hello)
        self.send_json(**{
            "type": "welcome", "proto": "1.0", "session_id": "test-session",
            "agent": "test agent", "audio": {"up": "opus", "down": "opus"},
            "limits": {"max_turn_ms": 60000}, **changes})
        return hello

    def listen(self):
        """Takes what comes until the other side hangs up."""
        while True:
            self.receive()

    def reset(self):
        """Ends it as a crash of the machine would: with a reset instead of a goodbye."""
        self.stream.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.stream.close()
        raise Closed("reset by us")


class FakeAgent:
    """Accepts devices and hands each, after the upgrade, to `serve(connection, number)`."""

    def __init__(self, certificate, key, serve, upgrade=True, port=0):
        self.serve = serve
        self.upgrade = upgrade
        self.connections = 0
        # Those that were answered with a welcome, each there before its welcome is.
        self.hellos = []
        self.handshake_errors = []
        self.failures = []
        self._streams = []
        self._changed = threading.Condition()
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate, key)
        self.listener = socket.create_server(("127.0.0.1", port))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        # shutdown wakes the accept, which a close alone would leave waiting for ever.
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.listener.close()
        for stream in self._streams:
            stream.close()

    def await_connections(self, count, seconds=SECONDS):
        with self._changed:
            if not self._changed.wait_for(lambda: self.connections >= count, seconds):
                raise AssertionError(f"{self.connections} connections instead of {count}")

    def _accept(self):
        while True:
            try:
                plain, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._greet, args=(plain,), daemon=True).start()

    def _greet(self, plain):
        plain.settimeout(SECONDS)
        try:
            stream = self.context.wrap_socket(plain, server_side=True)
        except (OSError, ssl.SSLError) as error:
            self.handshake_errors.append(str(error))
            plain.close()
            return
        self._streams.append(stream)
        try:
            self._speak(stream)
        except (Closed, OSError):
            pass
        except Exception as error:  # shown by the test that owns the agent
            self.failures.append(error)
        finally:
            stream.close()

    def _speak(self, stream):
        connection = Connection(stream, self.hellos)
        while b"\r\n\r\n" not in connection.request:
            connection.request += connection.read(1)
        for line in connection.request.decode("latin-1").split("\r\n")[1:]:
            name, _, value = line.partition(":")
            connection.headers[name.strip().lower()] = value.strip()
        with self._changed:
            self.connections += 1
            number = self.connections
            self._changed.notify_all()
        if self.upgrade is True:
            key = connection.headers["sec-websocket-key"].encode()
            accept = base64.b64encode(hashlib.sha1(key + MAGIC).digest()).decode()
            connection.send_raw((
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                f"Sec-WebSocket-Accept: {accept}\r\nSec-WebSocket-Protocol: auricle.v1\r\n\r\n"
            ).encode())
        elif self.upgrade:
            connection.send_raw(self.upgrade)
        self.serve(connection, number)
