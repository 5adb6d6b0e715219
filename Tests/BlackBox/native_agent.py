"""The agent's side of the native protocol, written from docs/PROTOCOL.md by one who knows no more.

It shares no line with auricle-agent: what both agree on with the device is the protocol. It answers
each committed turn with a tone, keeps every message for the schema check, and knows of each turn
which of its milliseconds came, how often, and in which order.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import secrets
import ssl
import struct
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Callable

import frames
import opus
from programs import SECONDS, free_port

# Messages about the connection itself, which neither side counts.
UNCOUNTED = {"hello", "welcome", "ping", "pong", "ack", "goaway", "error"}
ACK_AFTER_MESSAGES, ACK_AFTER_SECONDS = 32, 2
PING_AFTER_SECONDS, DEAD_AFTER_SECONDS = 10, 15
PACKET_MS = opus.PACKET_MILLISECONDS


@dataclass
class Turn:
    """What came of one turn."""

    number: int
    cause: str
    pre_roll_ms: int
    packets: list[tuple[int, int, bytes]] = field(default_factory=list)
    gaps: list[tuple[int, int]] = field(default_factory=list)
    audio_ms: int | None = None
    end: str | None = None
    eager_ends: int = 0

    @property
    def opus_bytes(self) -> int:
        return sum(len(packet) for _, _, packet in self.packets)

    def flaws(self) -> list[str]:
        """Where the sound is not each millisecond exactly once and in order."""
        found, reached = [], 0
        gaps = dict(self.gaps)
        for at, length, _ in self.packets:
            while at != reached and reached in gaps:
                found.append(f"gap {reached}–{gaps[reached]} ms")
                reached = gaps[reached]
            if at > reached:
                found.append(f"missing {reached}–{at} ms")
            elif at < reached:
                found.append(f"again {at}–{min(reached, at + length)} ms")
            reached = max(reached, at + length)
        if self.audio_ms is not None and reached < self.audio_ms:
            found.append(f"missing {reached}–{self.audio_ms} ms")
        return found

    def missing_ms(self) -> int:
        """Milliseconds that never came, declared or not."""
        spans = sorted((at, at + length) for at, length, _ in self.packets)
        missing = reached = 0
        for start, end in spans:
            missing += max(0, start - reached)
            reached = max(reached, end)
        return missing + max(0, (self.audio_ms or 0) - reached)


@dataclass
class Reply:
    number: int
    turn: int
    packets: list[bytes]
    sent: int = 0
    played_ms: int = 0
    buffered_ms: int = 0
    state: str = ""
    is_over: bool = False


class Session:
    """What outlives a connection: numbers, the journal, turns and replies."""

    def __init__(self, agent: NativeAgent, identifier: str) -> None:
        self.agent, self.identifier = agent, identifier
        self.token = secrets.token_hex(16)
        self.connection: Connection | None = None
        self.received = 0
        self.acknowledged = 0
        # Sent and not yet acknowledged, with the number of the first.
        self.journal: deque[bytes] = deque()
        self.first = 1
        self.turns: dict[int, Turn] = {}
        self.replies: dict[int, Reply] = {}
        self.current: Reply | None = None
        self.epoch = self.sequence = self.up_sequence = 0
        self.numbers = itertools.count(1)
        self.max_buffer_ms = 0
        self.resumes = 0

    # Down

    def send(self, **fields) -> None:
        self.agent.note("down", self, fields)
        self._keep(frames.frame(frames.TEXT, json.dumps(fields, separators=(",", ":")).encode()))

    def _keep(self, message: bytes) -> None:
        self.journal.append(message)
        if self.connection:
            self.connection.wake.set()

    def forget_until(self, received: int) -> None:
        """The device has these; what it has not stays."""
        if not self.first - 1 <= received < self.first + len(self.journal):
            raise frames.Closed(f"it has {received} of {self.first + len(self.journal) - 1} messages")
        while self.first <= received:
            self.journal.popleft()
            self.first += 1

    def pump(self) -> None:
        """Sends of the current reply what the device has room for."""
        reply = self.current
        if reply is None or reply.is_over:
            return
        while reply.sent < len(reply.packets):
            if (reply.sent + 1) * PACKET_MS - reply.played_ms > self.max_buffer_ms:
                return
            self.sequence += 1
            head = struct.pack(">BBBBIII", 0x12, 1, 1 if reply.sent == 0 else 0, self.epoch,
                               reply.number, self.sequence, reply.sent * PACKET_MS)
            packet = reply.packets[reply.sent]
            reply.sent += 1
            self.agent.opus_down += len(packet)
            self._keep(frames.frame(frames.BINARY, head + packet))
        self._end(reply, "complete")

    def _end(self, reply: Reply, status: str) -> None:
        reply.is_over = True
        self.send(type="response.end", response=reply.number, status=status,
                  audio_ms=reply.sent * PACKET_MS)

    def answer(self, turn: int, packets: list[bytes], rev: int | None) -> None:
        if self.current and not self.current.is_over:
            self._end(self.current, "cancelled")
        reply = Reply(next(self.numbers), turn, packets)
        self.replies[reply.number] = self.current = reply
        extra = {"rev": rev} if rev else {}
        self.send(type="response.start", response=reply.number, turn=turn, **extra)
        self.send(type="response.text", response=reply.number, text="A tone.", at_ms=0)
        self.pump()

    # Up

    def sound(self, message: bytes) -> None:
        kind, codec, flags, _, number, sequence, at = struct.unpack(">BBBBIII", message[:16])
        if (kind, codec) != (0x11, 1):
            raise frames.Closed(f"a header that begins {message[:2].hex()}")
        if sequence <= self.up_sequence:
            raise frames.Closed(f"sequence {sequence} after {self.up_sequence}")
        self.up_sequence = sequence
        turn = self.turns.get(number)
        self.agent.opus_up += len(message) - 16
        if turn is None or turn.end is not None:
            self.agent.strays.append(f"sound of turn {number}, which is over or never began")
            return
        turn.packets.append((at, opus.milliseconds(message[16:]), message[16:]))

    def control(self, message: dict) -> None:
        act = getattr(self, "on_" + message["type"].replace(".", "_"), None)
        if act:
            act(message)
        elif not message.get("opt"):
            self.send(type="error", code="unsupported", message=message["type"], fatal=False)

    def on_turn_start(self, message: dict) -> None:
        number = message["turn"]
        if number in self.turns:
            self.agent.strays.append(f"turn {number} began twice")
        for other in self.turns.values():
            if other.end is None:
                self.agent.strays.append(f"turn {number} began before {other.number} ended")
        self.turns[number] = Turn(number, message["cause"], message["pre_roll_ms"])

    def on_turn_eager_end(self, message: dict) -> None:
        self.turns[message["turn"]].eager_ends += 1

    def on_turn_resumed(self, message: dict) -> None:
        pass

    def on_turn_gap(self, message: dict) -> None:
        self.turns[message["turn"]].gaps.append((message["from_ms"], message["to_ms"]))

    def on_turn_commit(self, message: dict) -> None:
        turn = self._finish(message, "commit")
        turn.audio_ms = message["audio_ms"]
        packets = self.agent.answers(turn)
        if packets is not None:
            self.send(type="transcript", turn=turn.number, text="something", final=True)
            self.answer(turn.number, packets, message.get("rev"))

    def on_turn_cancel(self, message: dict) -> None:
        self._finish(message, "cancel")

    def _finish(self, message: dict, how: str) -> Turn:
        turn = self.turns[message["turn"]]
        if turn.end is not None:
            self.agent.strays.append(f"turn {turn.number} ended twice: {turn.end}, then {how}")
        turn.end = how
        return turn

    def on_interrupt(self, message: dict) -> None:
        if message["epoch"] != (self.epoch + 1) % 256:
            raise frames.Closed(f"epoch {message['epoch']} after {self.epoch}")
        self.epoch = message["epoch"]
        reply = self.replies.get(message["response"])
        if reply and not reply.is_over:
            self._end(reply, "cancelled")
        if reply:
            reply.played_ms = message["played_ms"]
        self.send(type="interrupt.ack", response=message["response"], epoch=self.epoch)

    def on_unmute(self, message: dict) -> None:
        reply = self.replies.get(message["response"])
        if reply and message["epoch"] == self.epoch:
            self.answer(reply.turn, reply.packets[message["played_ms"] // PACKET_MS:], None)

    def on_playback(self, message: dict) -> None:
        reply = self.replies.get(message["response"])
        if reply is None:
            return
        if not reply.played_ms <= message["played_ms"] <= reply.sent * PACKET_MS:
            self.agent.strays.append(f"playback of {message['played_ms']} ms after {reply.played_ms},"
                                     f" {reply.sent * PACKET_MS} ms sent")
        reply.played_ms, reply.buffered_ms = message["played_ms"], message["buffered_ms"]
        reply.state = message["state"]
        self.pump()

    def on_capture(self, message: dict) -> None:
        self.agent.captures.append(message["state"])


class Connection:
    """One WebSocket: what is sent from the journal, and what is not counted beside it."""

    def __init__(self, agent: NativeAgent, reader: asyncio.StreamReader,
                 writer: asyncio.StreamWriter) -> None:
        self.agent, self.reader, self.writer = agent, reader, writer
        self.session: Session | None = None
        self.wake = asyncio.Event()
        self.cursor = 0
        self.resumes = False
        self.beside: deque[bytes] = deque()
        self.heard_at = time.monotonic()

    async def serve(self) -> None:
        await frames.upgrade(self.reader, self.writer, "auricle.v1")
        opcode, data = await asyncio.wait_for(self._receive(), PING_AFTER_SECONDS)
        hello = json.loads(data) if opcode == frames.TEXT else {}
        if hello.get("type") != "hello":
            raise frames.Closed("no hello")
        self._welcome(hello)
        helpers = [asyncio.create_task(work) for work in
                   (self._write(), self._stay_alive(), self._acknowledge())]
        try:
            while True:
                opcode, data = await self._receive()
                if self.session.connection is not self:
                    raise frames.Closed("the session goes on over another connection")
                self._take(opcode, data)
        finally:
            for helper in helpers:
                helper.cancel()

    async def _receive(self) -> tuple[int, bytes]:
        message = await frames.receive(self.reader, self._control)
        self.heard_at = time.monotonic()
        return message

    def _control(self, opcode: int, data: bytes) -> None:
        self.heard_at = time.monotonic()
        if opcode == frames.PING:
            self.say_raw(frames.frame(frames.PONG, data))

    def _welcome(self, hello: dict) -> None:
        asked = hello.get("session")
        session = self.agent.sessions.get(asked["token"]) if asked else None
        resumed = session is not None
        if session:
            session.forget_until(asked["received"])
            if session.connection:
                session.connection.abort()
            session.resumes += 1
            del self.agent.sessions[session.token]
            session.token = secrets.token_hex(16)
        else:
            session = Session(self.agent, f"python-{next(self.agent.session_numbers)}")
            session.max_buffer_ms = hello["audio"]["max_buffer_ms"]
        self.session, session.connection = session, self
        self.cursor = session.first
        self.agent.sessions[session.token] = session
        self.agent.note("up", session, hello)
        welcome = {
            "type": "welcome", "proto": self.agent.proto, "session_id": session.identifier,
            "agent": "an agent in Python", "audio": {"up": "opus", "down": "opus"},
            "limits": {"max_turn_ms": 60_000}}
        self.resumes = self.agent.resumes and "resume" in hello.get("caps", [])
        if self.resumes:
            welcome |= {"caps": hello["caps"], "resume_token": session.token, "lease_ms": self.agent.lease_ms,
                        "resumed": resumed, "received": session.received,
                        "server_ms": time.time_ns() // 1_000_000}
        self.say(**welcome)
        self.agent.joined(session)

    def _take(self, opcode: int, data: bytes) -> None:
        session = self.session
        if opcode == frames.BINARY:
            session.received += 1
            session.sound(data)
            self.agent.changed()
            return
        message = json.loads(data)
        self.agent.note("up", session, message)
        kind = message["type"]
        if kind not in UNCOUNTED:
            session.received += 1
        if kind == "ack":
            session.forget_until(message["received"])
        elif kind == "ping":
            self.say(type="pong", t=message["t"], t2=time.time_ns() // 1_000_000, opt=True)
        elif kind not in UNCOUNTED:
            session.control(message)
        elif kind == "hello":
            raise frames.Closed("a second hello")
        if session.received - session.acknowledged >= ACK_AFTER_MESSAGES:
            self._ack()
        self.agent.changed()

    def _ack(self) -> None:
        if self.resumes:
            self.session.acknowledged = self.session.received
            self.say(type="ack", received=self.session.received, opt=True)

    def say(self, **fields) -> None:
        """Sends what is not counted."""
        self.agent.note("down", self.session, fields)
        self.say_raw(frames.frame(frames.TEXT, json.dumps(fields, separators=(",", ":")).encode()))

    def say_raw(self, frame: bytes) -> None:
        self.beside.append(frame)
        self.wake.set()

    async def _write(self) -> None:
        session = self.session
        while True:
            await self.wake.wait()
            self.wake.clear()
            while self.beside or self.cursor < session.first + len(session.journal):
                if self.beside:
                    message = self.beside.popleft()
                else:
                    message = session.journal[max(0, self.cursor - session.first)]
                    self.cursor = max(self.cursor, session.first) + 1
                    if not self.resumes:
                        session.forget_until(self.cursor - 1)
                if self.writer.is_closing():
                    return
                self.writer.write(message)
                await self.writer.drain()

    async def _stay_alive(self) -> None:
        while True:
            await asyncio.sleep(1)
            silent = time.monotonic() - self.heard_at
            if silent > DEAD_AFTER_SECONDS:
                return self.abort()
            if silent > PING_AFTER_SECONDS:
                self.say_raw(frames.frame(frames.PING, b""))

    async def _acknowledge(self) -> None:
        while True:
            await asyncio.sleep(ACK_AFTER_SECONDS)
            if self.session.received > self.session.acknowledged:
                self._ack()

    def abort(self) -> None:
        self.writer.transport.abort()


class NativeAgent:
    """Listens for devices; `answers(turn)` has the packets that answer a turn, or None for no answer."""

    def __init__(self, certificate, key, answers: Callable[[Turn], list[bytes] | None] | None = None,
                 host: str = "127.0.0.1", port: int = 0, resumes: bool = True,
                 lease_ms: int = 30_000, proto: str = "1.2") -> None:
        tone = opus.tone(400)
        self.answers = answers or (lambda turn: tone)
        self.resumes, self.lease_ms, self.proto = resumes, lease_ms, proto
        self.session_numbers = itertools.count(1)
        self.sessions: dict[str, Session] = {}
        self.all_sessions: list[Session] = []
        # (time, "up" or "down", session, message) of every control message.
        self.messages: list[tuple[float, str, str, dict]] = []
        self.strays: list[str] = []
        self.failures: list[str] = []
        self.captures: list[str] = []
        self.opus_up = self.opus_down = self.connections = 0
        self._changed = threading.Condition()
        self._open: set[Connection] = set()
        self._host, self.port = host, port or free_port()
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate, key)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server: asyncio.Server | None = None
        self.start()

    # What a test says

    def start(self) -> None:
        self._run(self._start())

    def stop(self) -> None:
        """Hangs up on everybody and listens no more; sessions are kept."""
        self._run(self._stop())

    def forget(self) -> None:
        """Loses all sessions, as a server does that was started anew."""
        self._loop.call_soon_threadsafe(self.sessions.clear)

    def go_away(self, in_ms: int, reason: str = "restart", retry_after_ms: int = 0) -> None:
        def say() -> None:
            for connection in self._open:
                connection.say(type="goaway", in_ms=in_ms, reason=reason,
                               retry_after_ms=retry_after_ms, opt=True)
        self._loop.call_soon_threadsafe(say)

    def turns(self) -> list[Turn]:
        return [turn for session in self.all_sessions for turn in session.turns.values()]

    def await_(self, condition: Callable[[], object], what: str, seconds: float = SECONDS):
        """The condition's value, as soon as it is true."""
        with self._changed:
            if not self._changed.wait_for(condition, seconds):
                raise AssertionError(f"no {what} within {seconds:.0f} s; the last messages were\n" +
                                     "\n".join(map(str, self.messages[-12:])))
            return condition()

    def await_turn(self, number: int = 1, seconds: float = SECONDS) -> Turn:
        """The `number`th committed turn of all there were."""
        def committed() -> Turn | None:
            done = [turn for turn in self.turns() if turn.end == "commit"]
            return done[number - 1] if len(done) >= number else None
        return self.await_(committed, f"{number}. committed turn", seconds)

    def close(self) -> None:
        self.stop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(SECONDS)
        self._loop.close()

    # How

    def note(self, way: str, session: Session | None, message: dict) -> None:
        name = session.identifier if session else ""
        self.messages.append((time.monotonic(), way, name, message))

    def changed(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def joined(self, session: Session) -> None:
        self.connections += 1
        if session not in self.all_sessions:
            self.all_sessions.append(session)
        self.changed()

    def _run(self, work):
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(SECONDS)

    async def _start(self) -> None:
        self._server = await asyncio.start_server(
            self._accept, self._host, self.port, ssl=self._context, reuse_address=True)

    async def _stop(self) -> None:
        if self._server:
            self._server.close()
            self._server = None
        for connection in list(self._open):
            connection.abort()
        while self._open:
            await asyncio.sleep(0.001)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = Connection(self, reader, writer)
        self._open.add(connection)
        why = "we hung up"
        try:
            await connection.serve()
        except frames.Closed as closed:
            why = str(closed)
        except (OSError, asyncio.TimeoutError, asyncio.IncompleteReadError) as error:
            why = str(error) or type(error).__name__
        except Exception as error:  # shown by the test that owns the agent
            self.failures.append(f"{type(error).__name__}: {error}")
        finally:
            self._open.discard(connection)
            session = connection.session
            if session and session.connection is connection:
                session.connection = None
                self._loop.call_later(self.lease_ms / 1_000, self._expire, session)
            self.messages.append((time.monotonic(), "lost", session.identifier if session else "",
                                  {"why": why}))
            writer.close()
            self.changed()

    def _expire(self, session: Session) -> None:
        if session.connection is None:
            self.sessions.pop(session.token, None)
