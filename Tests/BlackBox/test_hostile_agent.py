"""Agents that mean harm. The daemon says what is wrong, and neither dies nor grows."""

import json
import struct
import unittest

from trouble import GrowthTest, TroubleTest, behave
from websocket import BINARY, CLOSE, PING, TEXT


def sound(version=0x12, codec=1, sequence=1, packet=b"\x48\x00", reply=1):
    return struct.pack(">BBBBIII", version, codec, 0, 0, reply, sequence, 0) + packet


def text(**fields):
    return TEXT, json.dumps(fields).encode()


def deep(levels):
    return TEXT, b'{"type":"volume","level":' + b"[" * levels + b"]" * levels + b"}"


# What breaks the protocol: name, messages, what the daemon says of it.
BREACHES = [
    ("garbage text", [(TEXT, b"hello, how are you?")], "not JSON"),
    ("no text at all", [(TEXT, b"")], "not JSON"),
    ("half an object", [(TEXT, b'{"type":"volume","lev')], "not JSON"),
    ("an array", [(TEXT, b"[1,2,3]")], "broke the protocol"),
    ("a name twice", [(TEXT, b'{"type":"volume","level":1,"level":2}')], "not JSON|twice"),
    ("a field missing", [text(type="volume")], "level is missing"),
    ("a field of the wrong kind", [text(type="volume", level="loud")], "level"),
    ("a field out of range", [text(type="volume", level=101)], "101"),
    ("a huge number", [(TEXT, b'{"type":"volume","level":' + b"9" * 400 + b"}")], "not JSON|level"),
    ("bad UTF-8", [(TEXT, b'{"type":"volume","x":"\xc3\x28\xff"}')], "not UTF-8"),
    ("half a surrogate", [(TEXT, b'{"type":"volume","x":"\\ud800"}')], "not JSON"),
    ("garbage binary", [(BINARY, bytes(range(256)))], "audio message"),
    ("a short binary", [(BINARY, b"\x12\x01")], "audio message"),
    ("no packet", [(BINARY, sound(packet=b""))], "audio message|packet"),
    ("another version", [(BINARY, sound(version=0x22))], "audio message.*version"),
    ("sound of a device", [(BINARY, sound(version=0x11))], "audio message"),
    ("another codec", [(BINARY, sound(codec=7))], "audio message.*codec"),
    ("a large packet", [(BINARY, sound(packet=bytes(4_001)))], "4001|4017|larger|too large"),
    ("a sequence that stands still", [(BINARY, sound()), (BINARY, sound())], "came after 1"),
    ("a deep bomb", [deep(5_000)], "not JSON|deep|nest"),
    ("a wide bomb", [(TEXT, b'{"type":"x","opt":true,"x":[' + b"1," * 9_000 + b"1]}")], "not JSON"),
    ("a long name", [(TEXT, b'{"type":"' + b"x" * 20_000 + b'"}')], "."),
    ("10 MB of text", [(TEXT, b"x" * 10_000_000)], "larger|too large|more than"),
    ("10 MB of sound", [(BINARY, bytes(10_000_000))], "larger|too large|more than"),
    ("a second welcome", [text(
        type="welcome", proto="1.0", session_id="s", agent="a",
        audio={"up": "opus", "down": "opus"}, limits={"max_turn_ms": 1})], "second welcome"),
    ("an acknowledgement of nothing",
     [text(type="interrupt.ack", response=1, epoch=9)], "interrupt 9"),
    ("a reply that ends oddly",
     [text(type="response.end", response=1, status="tired", audio_ms=0)], "status"),
]
# What breaks WebSocket itself: bytes as they go over the line.
BROKEN_FRAMES = [
    ("an unknown opcode", b"\x83\x01x"),
    ("a reserved bit", b"\xf1\x01x"),
    ("a ping in pieces", b"\x09\x01x"),
    ("a long ping", b"\x89\x7e\x00\x80" + bytes(128)),
    ("a length beyond everything", b"\x82\x7f\xff\xff\xff\xff\xff\xff\xff\xff" + bytes(64)),
    ("a continuation of nothing", b"\x80\x01x"),
    ("a close of one byte", b"\x88\x01\x03"),
    ("a close with a wrong code", b"\x88\x02\x00\x01"),
    ("garbage", bytes(range(7, 256, 3)) * 20),
    # Behind each refusal comes more than lws reads at once, in the same TLS record.
    ("bad UTF-8 and more", b"\x81\x7e\x3a\x99" + b"\xff" + b"x" * 15_000),
    ("an unknown opcode and more", b"\x83\x01x" + bytes(15_000)),
    ("a goodbye and more", b"\x88\x02\x03\xe8" + b"\x81\x01x" * 5_000),
    ("many tiny messages", b"\x81\x01x" * 15_000),
    ("a message that never ends", b"\x01\x7f" + bytes(4) + b"\x7f\xff\xff\xff" + b"x" * 1_000_000),
    ("endless fragments", b"\x01\x01x" + b"\x00\x7d" + b"x" * 125 + (b"\x00\x7d" + b"x" * 125) * 2_000),
]
# What comes instead of a welcome.
BAD_WELCOMES = [
    ("sound before welcome", [(BINARY, sound())], "before welcome"),
    ("a reply before welcome", [text(type="response.start", response=1, turn=1)], "before welcome"),
    ("another protocol", [text(
        type="welcome", proto="2.0", session_id="s", agent="a",
        audio={"up": "opus", "down": "opus"}, limits={"max_turn_ms": 1})], "2.0"),
    ("another codec", [text(
        type="welcome", proto="1.0", session_id="s", agent="a",
        audio={"up": "mp3", "down": "opus"}, limits={"max_turn_ms": 1})], "opus|up"),
    ("control characters", [text(
        type="welcome", proto="1.0", session_id="a\nb", agent="a",
        audio={"up": "opus", "down": "opus"}, limits={"max_turn_ms": 1})], "session_id"),
]


class AgentsThatAreHostile(TroubleTest):
    def check_breaches(self, breaches, welcomes=True):
        def serve(connection, number):
            if number <= len(breaches):
                hello = connection.welcome() if welcomes else connection.receive_json("hello")
                self.assertEqual(hello["proto"], "1.2")
                for message in breaches[number - 1][1]:
                    if isinstance(message, bytes):
                        connection.send_raw(message)
                    else:
                        connection.send(*message)
            else:
                connection.welcome()
            connection.listen()

        agent = self.fake(serve)
        watch = self.start(agent.port, speed=20)
        after = 0
        for name, _, *reason in breaches:
            closed = watch.await_event("link", phase="closed", after=after)
            after = watch.events.index(closed, after) + 1
            with self.subTest(name):
                if reason:
                    self.assertRegex(closed["reason"], reason[0])
                self.assertNotEqual(closed["advice"], "")
        watch.await_event("link", phase="open", after=after)
        self.assertEqual(self.bench.status()["state"], "idle")
        self.assertEqual(self.daemon.stop(), 0, self.daemon.output)
        for line in self.daemon.output.splitlines():
            self.assertLess(len(line), 2_000)
            self.assertTrue(line.isprintable(), repr(line))

    def test_what_breaks_the_protocol_ends_the_connection_and_is_named(self):
        self.check_breaches(BREACHES)

    def test_what_breaks_the_websocket_ends_the_connection(self):
        self.check_breaches([(name, [frame]) for name, frame in BROKEN_FRAMES])

    def test_what_comes_instead_of_a_welcome_ends_the_connection(self):
        self.check_breaches(BAD_WELCOMES, welcomes=False)

    def test_what_is_new_or_odd_is_survived(self):
        def serve(connection, number):
            connection.welcome(colour="blue")
            connection.send_json(type="response.mood", opt=True, mood={"a": [1, 2, {"b": None}]})
            connection.send_json(type="response.dance", steps=3)
            connection.send_json(type="response.end", response=77, status="complete", audio_ms=0)
            connection.send_json(type="response.text", response=77, text="?", at_ms=0)
            connection.send_json(type="transcript", turn=99, text="what", final=True)
            connection.send_json(type="response.start", response=5, turn=4_294_967_295)
            # It answers a turn that never was: the device wants none of it.
            refused = connection.receive_json("interrupt")
            self.assertEqual((refused["response"], refused["played_ms"]), (5, 0))
            connection.send_json(type="interrupt.ack", response=5, epoch=refused["epoch"])
            connection.send(BINARY, sound(reply=5))
            connection.send(PING, b"are you there?")
            for piece, final in ((b'{"type":"vol', False), (b'ume","level":3', False), (b"1}", True)):
                connection.send(TEXT if piece[:1] == b"{" else 0, piece, final)
            connection.send_json(type="error", code="tired", message="later\r\nphase=open", fatal=False)
            connection.listen()

        watch = self.start(self.fake(serve).port)
        watch.await_event("volume", volume=31)
        watch.await_event("agent", phase="refused", code="tired")
        status = self.bench.status()
        self.assertEqual((status["state"], status["reconnects"]), ("idle", "0"))
        self.assertEqual(self.daemon.stop(), 0)
        self.assertRegex(self.daemon.output, "response.dance is not supported")
        self.assertNotIn("\nphase=open", self.daemon.output)
        self.assertNotIn("what", self.daemon.output)

    def test_a_fatal_error_of_the_agent_is_shown(self):
        def serve(connection, number):
            connection.receive_json("hello")
            connection.send_json(type="error", code="full", message="no room left", fatal=True)
            connection.send(CLOSE, struct.pack(">H", 1008))
            connection.listen()

        watch = self.start(self.fake(serve).port)
        watch.await_event("agent", code="full", reason="no room left")
        watch.await_event("link", phase="closed", reason=lambda text: "no room left (full)" in text)


class NothingGrows(GrowthTest):
    def test_over_fifty_welcomes_and_resets(self):
        def serve(connection, number):
            connection.welcome()
            connection.reset()

        self.check_nothing_grows(serve)

    def test_over_fifty_breaches(self):
        def serve(connection, number):
            connection.welcome()
            kinds = [(TEXT, b"x" * 10_000_000), deep(5_000), (BINARY, bytes(4_000)), (TEXT, b"\xff")]
            connection.send(*kinds[number % len(kinds)])
            connection.listen()

        self.check_nothing_grows(serve)

    def test_over_fifty_wrong_certificates(self):
        certificate = self.bench.certificates.server("other", names="DNS:elsewhere.example")
        self.check_nothing_grows(behave, certificate=certificate)

    def test_over_fifty_refused_upgrades(self):
        self.check_nothing_grows(
            lambda connection, number: None,
            upgrade=b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")


if __name__ == "__main__":
    unittest.main()
