"""The agent's side of the native protocol, written from docs/PROTOCOL.md by one who knows no more.

It shares no line with auricle-agent: what both agree on with the device is the protocol. It answers
each committed turn with a tone, keeps every message for the schema check, and knows of each turn
which of its milliseconds came, how often, and in which order.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
import ssl
import threading
import time
from collections import deque
from typing import Callable

import frames
import opus
from native_session import Session, Turn
from programs import SECONDS, free_port

# Messages about the connection itself, which neither side counts.
UNCOUNTED = {"hello", "welcome", "ping", "pong", "ack", "goaway", "error"}
ACK_AFTER_MESSAGES, ACK_AFTER_SECONDS = 32, 2
PING_AFTER_SECONDS, DEAD_AFTER_SECONDS = 10, 15
# It warns of each message that is written after the other side's goodbye.
logging.getLogger("asyncio").setLevel(logging.ERROR)

# After these close codes of the device its session is over.
GOODBYES = {1000, 1002, 1003, 1007, 1008, 1009}


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
            raise frames.Breach("no hello")
        self._welcome(hello)
        helpers = [asyncio.create_task(work) for work in
                   (self._write(), self._stay_alive(), self._acknowledge())]
        try:
            while True:
                opcode, data = await self._receive()
                if self.session.connection is self:
                    self.session.token_before = ""
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
        agent = self.agent
        session = agent.resumable(hello)
        resumed = session is not None
        if session:
            session.forget_until(hello["session"]["received"])
            session.resumes += 1
            if session.connection:
                session.connection.replace()
        else:
            session = agent.new_session(hello)
        self.session, session.connection = session, self
        self.cursor = session.first
        agent.note("up", session, hello)
        welcome = {
            "type": "welcome", "proto": agent.proto, "session_id": session.identifier,
            "agent": "an agent in Python", "audio": {"up": "opus", "down": "opus"},
            "limits": {"max_turn_ms": 60_000}}
        self.resumes = agent.resumes and "resume" in hello.get("caps", [])
        if self.resumes:
            session.renew_token()
            welcome |= {"caps": hello["caps"], "resume_token": session.token,
                        "lease_ms": agent.lease_ms, "resumed": resumed,
                        "received": session.received, "server_ms": time.time_ns() // 1_000_000}
        self.say(**welcome)
        agent.joined(session)

    def replace(self) -> None:
        """The session goes on elsewhere. This one may be stuck, so nobody waits for it."""
        self.say(type="error", code="session_replaced", message="a newer connection", fatal=True)
        self.say_raw(frames.close_frame(1008))
        self.agent.later(0.5, self.abort)

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
        elif kind in ("pong", "goaway", "error", "welcome"):
            self.agent.strays.append(f"the device says {message}")
        elif kind not in UNCOUNTED:
            session.control(message)
        elif kind == "hello":
            raise frames.Breach("a second hello")
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
        # Those that are known, and all there ever were.
        self.sessions: list[Session] = []
        self.all_sessions: list[Session] = []
        # (time, "up" or "down", session, message) of every control message.
        self.messages: list[tuple[float, str, str, dict]] = []
        # What the device must not do, and what it may do but ought not.
        self.breaches: list[str] = []
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
                self.later(in_ms / 1_000, connection.say_raw, frames.close_frame(1001))
        self._loop.call_soon_threadsafe(say)

    def connected(self) -> bool:
        """Whether any device is."""
        return bool(self._open)

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

    def later(self, seconds: float, action: Callable, *arguments: object) -> None:
        self._loop.call_later(seconds, action, *arguments)

    def resumable(self, hello: dict) -> Session | None:
        """The session that the device wants to go on with, if that can be."""
        asked = hello.get("session")
        return next((
            session for session in self.sessions
            if asked and asked["token"] in (session.token, session.token_before)
            and session.device == hello["device"]["id"] and session.fits(asked["received"])), None)

    def new_session(self, hello: dict) -> Session:
        session = Session(self, f"python-{next(self.session_numbers)}", hello)
        self.sessions.append(session)
        self.all_sessions.append(session)
        return session

    def joined(self, session: Session) -> None:
        self.connections += 1
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
        why, is_over = "we hung up", False
        try:
            await connection.serve()
        except frames.Closed as closed:
            why, is_over = str(closed), closed.code in GOODBYES
        except frames.Breach as breach:
            why, is_over = str(breach), True
            self.breaches.append(why)
            writer.write(frames.close_frame(1008))
        except (OSError, asyncio.TimeoutError, asyncio.IncompleteReadError) as error:
            why = str(error) or type(error).__name__
        except Exception as error:  # shown by the test that owns the agent
            self.failures.append(f"{type(error).__name__}: {error}")
        finally:
            self._open.discard(connection)
            session = connection.session
            if session and session.connection is connection:
                session.connection = None
                lease = 0 if is_over else self.lease_ms / 1_000
                self.later(lease, self._expire, session, session.resumes)
            self.messages.append((time.monotonic(), "lost", session.identifier if session else "",
                                  {"why": why}))
            writer.close()
            self.changed()

    def _expire(self, session: Session, resumes: int) -> None:
        """Unless it went on meanwhile, even if it has lost its connection since."""
        if session.connection is None and session.resumes == resumes and session in self.sessions:
            self.sessions.remove(session)
