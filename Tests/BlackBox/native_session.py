"""What outlives a connection, in the Python agent: numbers, the journal, turns and replies."""

from __future__ import annotations

import itertools
import json
import secrets
import struct
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import frames
import opus

if TYPE_CHECKING:
    from native_agent import Connection, NativeAgent

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
    rev: int | None = None
    has_eager_end: bool = False

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
    """One conversation with one device."""

    def __init__(self, agent: NativeAgent, identifier: str, hello: dict) -> None:
        self.agent, self.identifier = agent, identifier
        self.device = hello["device"]["id"]
        self.max_buffer_ms = hello["audio"]["max_buffer_ms"]
        # The one before stays good until the device has shown that it got the new one.
        self.token, self.token_before = "", ""
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
        self.resumes = 0

    # Down

    def send(self, **fields) -> None:
        self.agent.note("down", self, fields)
        self._keep(frames.frame(frames.TEXT, json.dumps(fields, separators=(",", ":")).encode()))

    def _keep(self, message: bytes) -> None:
        self.journal.append(message)
        if self.connection:
            self.connection.wake.set()

    def renew_token(self) -> None:
        self.token_before, self.token = self.token, secrets.token_hex(16)

    def fits(self, received: int) -> bool:
        """Whether the journal has all that comes after so many messages."""
        return self.first - 1 <= received < self.first + len(self.journal)

    def forget_until(self, received: int) -> None:
        """The device has these; what it has not stays."""
        if not self.fits(received):
            raise frames.Breach(
                f"it has {received} messages, and had {self.first - 1} before,"
                f" of {self.first + len(self.journal) - 1}")
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
        extra = {} if rev is None else {"rev": rev}
        self.send(type="response.start", response=reply.number, turn=turn, **extra)
        self.send(type="response.text", response=reply.number, text="A tone.", at_ms=0)
        self.pump()

    # Up

    def sound(self, message: bytes) -> None:
        kind, codec, flags, _, number, sequence, at = struct.unpack(">BBBBIII", message[:16])
        if (kind, codec) != (0x11, 1):
            raise frames.Breach(f"a header that begins {message[:2].hex()}")
        if sequence <= self.up_sequence:
            raise frames.Breach(f"sequence {sequence} after {self.up_sequence}")
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
            raise frames.Breach(f"a message of type {message['type']}, which nobody specified")

    def on_turn_start(self, message: dict) -> None:
        number = message["turn"]
        if number in self.turns:
            self.agent.strays.append(f"turn {number} began twice")
        for other in self.turns.values():
            if other.end is None:
                other.end = "next"
        self.turns[number] = Turn(number, message["cause"], message["pre_roll_ms"])

    def on_turn_eager_end(self, message: dict) -> None:
        turn = self.turns[message["turn"]]
        if turn.has_eager_end or message["rev"] != (turn.rev or 0):
            self.agent.strays.append(f"eager end {message} after rev {turn.rev}")
        turn.has_eager_end = True

    def on_turn_resumed(self, message: dict) -> None:
        turn = self.turns[message["turn"]]
        if not turn.has_eager_end or message["rev"] != (turn.rev or 0) + 1:
            self.agent.strays.append(f"resumed {message} after rev {turn.rev}")
        turn.has_eager_end, turn.rev = False, message["rev"]

    def on_turn_gap(self, message: dict) -> None:
        self.turns[message["turn"]].gaps.append((message["from_ms"], message["to_ms"]))

    def on_turn_commit(self, message: dict) -> None:
        turn = self._finish(message, "commit")
        turn.audio_ms = message["audio_ms"]
        if message.get("rev", turn.rev or 0) != (turn.rev or 0):
            self.agent.strays.append(f"commit {message} after rev {turn.rev}")
        turn.rev = message.get("rev")
        packets = self.agent.answers(turn)
        if packets is not None:
            self.send(type="transcript", turn=turn.number, text="something", final=True)
            self.answer(turn.number, packets, turn.rev)

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
            raise frames.Breach(f"epoch {message['epoch']} after {self.epoch}")
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
            rev = self.turns[reply.turn].rev
            self.answer(reply.turn, reply.packets[message["played_ms"] // PACKET_MS:], rev)

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
