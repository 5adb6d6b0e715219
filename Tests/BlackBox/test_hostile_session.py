"""Agents of version 1.2 that mean harm: with tokens, counts, partings and pings that no honest one sends."""

import json
import struct
import time
import unittest

from trouble import GrowthTest, TroubleTest
from websocket import CLOSE, PING, TEXT

CAPABILITIES = ["resume", "eager_end", "hints", "unmute", "gaps", "capture"]
MOST = 4_294_967_295
HOUR, DAY = 3_600_000, 86_400_000
# What comes instead of a good welcome: name, fields changed, what the daemon says of it.
BAD_WELCOMES = [
    ("resumed though nobody asked", {"resumed": True}, "not asked for"),
    ("a token of control characters", {"resume_token": "good\r\nphase=open"}, "resume_token"),
    ("no token at all", {"resume_token": ""}, "resume_token"),
    ("a token too long", {"resume_token": "x" * 129}, "resume_token"),
    ("a token far too long", {"resume_token": "x" * 30_000}, "resume_token"),
    ("a token that is a list", {"resume_token": ["x"]}, "resume_token"),
    ("a token of bad text", {"resume_token": "\ud800"}, "not JSON"),
    ("a lease of two hours", {"lease_ms": 2 * HOUR}, "lease_ms"),
    ("a lease before now", {"lease_ms": -1}, "lease_ms"),
    ("a lease of no number", {"lease_ms": None}, "lease_ms"),
    ("resumed, perhaps", {"resumed": "perhaps"}, "resumed"),
    ("fewer than none received", {"received": -1}, "received"),
    ("more received than are counted", {"received": MOST + 1}, "received"),
    ("a session of two months", {"limits": {"max_turn_ms": 1, "max_session_ms": 60 * DAY}}, "max_session_ms"),
    ("a session that ends before it began", {"limits": {"max_turn_ms": 1, "max_session_ms": -1}}, "max_session_ms"),
    ("a clock of another age", {"server_ms": 9_000_000_000_000_000_000}, "server_ms"),
    ("a clock before all", {"server_ms": -1}, "server_ms"),
    ("abilities without names", {"caps": [1, 2]}, "caps"),
    ("an ability for a list", {"caps": "resume"}, "caps"),
]
# What breaks the protocol after a good one.
BREACHES = [
    ("fewer than none acknowledged", {"type": "ack", "received": -1, "opt": True}, "received"),
    ("more acknowledged than are counted", {"type": "ack", "received": MOST + 1, "opt": True}, "received"),
    ("nothing acknowledged", {"type": "ack", "opt": True}, "received"),
    ("all acknowledged", {"type": "ack", "received": "all", "opt": True}, "received"),
    ("go away yesterday", {"type": "goaway", "in_ms": -1, "reason": "x", "retry_after_ms": 0}, "in_ms"),
    ("go away next week", {"type": "goaway", "in_ms": 7 * DAY, "reason": "x", "retry_after_ms": 0}, "in_ms"),
    ("never come back", {"type": "goaway", "in_ms": 0, "reason": "x", "retry_after_ms": 1 << 60}, "retry_after_ms"),
    ("go away for a line", {"type": "goaway", "in_ms": 0, "reason": "a\nb", "retry_after_ms": 0}, "reason"),
    ("go away for a book", {"type": "goaway", "in_ms": 0, "reason": "x" * 129, "retry_after_ms": 0}, "reason"),
    ("a ping of no time", {"type": "ping", "opt": True}, "."),
    ("a ping of another age", {"type": "ping", "t": 1 << 62, "opt": True}, "."),
    ("a pong of no time", {"type": "pong", "t": 1, "opt": True}, "t2"),
]
# Fatal errors, and whether the session is alive afterwards (docs/PROTOCOL.md, "Errors").
FATAL = [
    ("unsupported", False), ("bad_message", False), ("too_large", False), ("out_of_order", False),
    ("hello_expected", False), ("reply_buffer", False), ("a code of its own", False),
    ("session_replaced", False), ("unauthorized", True), ("session_limit", True),
    ("rate_limited", True), ("going_away", True),
]
# Codes of a close, and what is said of each. 1012 and 1013 come in disguise, at worst as 1002: the
# WebSocket library of the device does not know them. No two of these follow each other.
CLOSES = [
    (1012, "closed by the agent", "."), (1000, "code 1000", "log knows why"),
    (1002, "code 1002", "is full, or did not like"), (1001, "code 1001", "log knows why"),
    (1013, "closed by the agent", "."), (1011, "code 1011", "log knows why"),
    (3000, "code 3000", "log knows why"), (4012, "restarts .code 4012", "tried again"),
    (4013, "try again later .code 4013", "is full, or this device reads too slowly"),
]


def greet(connection, token="token", **changes):
    """A welcome of version 1.2; the hello."""
    return connection.welcome(**{
        "proto": "1.2", "caps": CAPABILITIES, "resume_token": token, "lease_ms": 30_000,
        "resumed": False, "received": 0, "server_ms": 1_790_000_000_000, **changes})


def settle(connection):
    """Takes what the device says first in a new session: one message that is counted."""
    connection.receive_json("ack")
    connection.receive_json("capture")


def asked_for(agent):
    """The token that each hello shows."""
    return [hello.get("session", {}).get("token") for hello in agent.hellos]


class SessionsThatAreHostile(TroubleTest):
    def check_closed(self, cases, serve, speed=20):
        """`serve` breaks the protocol in the way of each case; the one after the last is good."""
        def serve_all(connection, number):
            if number <= len(cases):
                serve(connection, cases[number - 1])
            else:
                greet(connection)
            connection.listen()

        watch = self.start(self.fake(serve_all).port, speed=speed)
        after = 0
        for name, _, reason in cases:
            closed = watch.await_event("link", phase="closed", after=after)
            after = watch.events.index(closed, after) + 1
            with self.subTest(name):
                self.assertRegex(closed["reason"], reason)
                self.assertNotEqual(closed["advice"], "")
        watch.await_event("link", phase="open", after=after)
        self.check_well()

    def check_well(self):
        self.assertEqual(self.bench.status()["state"], "idle")
        self.assertEqual(self.daemon.stop(), 0, self.daemon.output)
        for line in self.daemon.output.splitlines():
            self.assertLess(len(line), 2_000)
            self.assertTrue(line.isprintable(), repr(line))
        self.assertNotIn("\nphase=open", self.daemon.output)

    def test_a_welcome_that_lies_ends_the_connection_and_is_named(self):
        self.check_closed(BAD_WELCOMES, lambda connection, case: greet(connection, **case[1]))

    def test_a_message_about_the_connection_that_is_wrong_ends_it(self):
        def serve(connection, case):
            greet(connection)
            connection.send_json(**case[1])

        self.check_closed(BREACHES, serve)

    def test_a_session_resumed_with_a_count_that_does_not_fit_is_over(self):
        def serve(connection, number):
            step = (number - 1) % 2
            if step == 0 and number < 5:
                greet(connection, f"token-{number}")
                settle(connection)
                if number == 3:
                    connection.send_json(type="ack", received=1, opt=True)
                    # The pong comes when the acknowledgement was taken.
                    connection.send_json(type="ping", t=5, opt=True)
                    connection.receive_json("pong")
                connection.reset()
            elif number < 5:
                # First more than there ever was, then less than was acknowledged.
                greet(connection, resumed=True, received=1_000 if number == 2 else 0)
            else:
                greet(connection)
            connection.listen()

        agent = self.fake(serve)
        watch = self.start(agent.port, speed=20)
        after = 0
        for count in (1_000, 0):
            closed = watch.await_event(
                "link", phase="closed", after=after,
                reason=lambda text, count=count: f"{count} messages cannot have come" in text)
            after = watch.events.index(closed, after) + 1
        watch.await_event("link", phase="open", after=after)
        self.check_well()
        self.assertEqual(asked_for(agent), [None, "token-1", None, "token-3", None])

    def test_acknowledgements_that_go_back_and_beyond_spoil_nothing(self):
        def serve(connection, number):
            if number == 1:
                greet(connection)
                settle(connection)
                for received in (MOST, 1, 0, 1, 2, MOST, 0):
                    connection.send_json(type="ack", received=received, opt=True)
                connection.send_json(type="volume", level=31)
                connection.receive_json("ack")
                connection.reset()
            greet(connection, resumed=True, received=1)
            connection.listen()

        agent = self.fake(serve)
        watch = self.start(agent.port)
        watch.await_event("volume", volume=31)
        closed = watch.await_event("link", phase="closed")
        watch.await_event("link", phase="open", after=watch.events.index(closed))
        self.assertEqual(self.bench.status()["reconnects"], "1")
        self.assertEqual([hello.get("session") for hello in agent.hellos],
                         [None, {"token": "token", "received": 1}])
        self.check_well()

    def test_who_is_sent_away_at_once_comes_back_each_time(self):
        reasons = ("restart", "max_session", "overload", "x" * 128, "ärger")

        def serve(connection, number):
            # Whose session has come to its end comes for another one.
            goes_on = number > 1 and reasons[number - 2] != "max_session"
            greet(connection, f"token-{number}", resumed=goes_on, received=0)
            if number <= len(reasons):
                for in_ms in (HOUR, 0, HOUR, 0):
                    connection.send_json(type="goaway", in_ms=in_ms, retry_after_ms=0,
                                         reason=reasons[number - 1], opt=True)
            else:
                connection.send_json(type="volume", level=32)
            connection.listen()

        agent = self.fake(serve)
        watch = self.start(agent.port, speed=20)
        watch.await_event("volume", volume=32)
        self.assertEqual(agent.connections, len(reasons) + 1)
        self.check_well()

    def test_who_is_sent_away_for_an_hour_calls_when_somebody_speaks(self):
        self.check_away(HOUR)

    def test_who_is_sent_away_for_a_while_keeps_to_it_though_somebody_speaks(self):
        self.check_away(9_000)

    def check_away(self, retry_after_ms):
        """Somebody speaks a few seconds later: the device calls when it may, which is soon enough."""
        def serve(connection, number):
            greet(connection, f"token-{number}", resumed=number > 1)
            if number == 1:
                settle(connection)
                connection.send_json(
                    type="goaway", in_ms=0, retry_after_ms=retry_after_ms, reason="overload",
                    opt=True)
            else:
                connection.receive_json("turn.commit")
                connection.send_json(type="volume", level=33)
            connection.listen()

        watch = self.start(
            self.fake(serve).port, "wait 4 s", "say what are your opening hours", "wait 60 s", speed=4)
        leaving = watch.await_event("link", phase="asked-to-leave")
        speech = watch.await_event("state", state="listening")
        called = watch.await_event("link", phase="open", after=watch.events.index(leaving))
        watch.await_event("volume", volume=33)
        away = int(called["at_ms"]) - int(leaving["at_ms"])
        self.assertLess(int(speech["at_ms"]) - int(leaving["at_ms"]), 8_000)
        self.assertGreaterEqual(away, min(retry_after_ms, 12_000))
        self.assertLess(away, 15_000)

    def test_floods_of_pings_are_survived(self):
        flood = json.dumps({"type": "ping", "t": 1, "opt": True}).encode()

        def serve(connection, number):
            greet(connection, f"token-{number}")
            if number == 1:
                # Nobody reads the answers meanwhile.
                for _ in range(30_000):
                    connection.send(TEXT, flood)
            elif number == 2:
                for _ in range(30_000):
                    connection.send(PING, bytes(125))
            if number < 3:
                connection.reset()
            connection.send_json(type="volume", level=36)
            connection.listen()

        watch = self.start(self.fake(serve).port)
        watch.await_event("volume", volume=36)
        self.assertLess(int(self.bench.status()["resident_kib"]), 40_000)
        self.check_well()

    def test_a_flood_of_pings_is_not_answered_by_a_flood(self):
        answers = []

        def serve(connection, number):
            greet(connection, f"token-{number}", resumed=number > 1, received=0)
            if number == 1:
                for _ in range(2_000):
                    connection.send_json(type="ping", t=1, opt=True)
                connection.send_json(
                    type="goaway", in_ms=0, retry_after_ms=0, reason="x", opt=True)
                while True:
                    answers.append(connection.receive_json()["type"])
            connection.send_json(type="volume", level=40)
            connection.listen()

        agent = self.fake(serve)
        self.start(agent.port).await_event("volume", volume=40)
        self.assertIn("pong", answers)
        self.assertLess(answers.count("pong"), 100)
        self.check_well()

    def test_after_a_fatal_error_it_comes_back_with_the_session_or_without(self):
        self.check_fatal(lambda connection: connection.send(CLOSE, struct.pack(">H", 1008)))

    def test_a_fatal_error_without_a_close_ends_the_connection_all_the_same(self):
        self.check_fatal(lambda connection: None)

    def check_fatal(self, close):
        def serve(connection, number):
            greet(connection, f"token-{number}")
            if number <= len(FATAL):
                code, _ = FATAL[number - 1]
                connection.send_json(type="error", code=code, message="no", fatal=True)
                close(connection)
            else:
                connection.send_json(type="volume", level=34)
            connection.listen()

        agent = self.fake(serve)
        watch = self.start(agent.port, speed=20)
        watch.await_event("volume", volume=34)
        asked = asked_for(agent)
        for number, (code, is_alive) in enumerate(FATAL, 1):
            with self.subTest(code):
                self.assertEqual(asked[number], f"token-{number}" if is_alive else None)
        self.check_well()

    def test_a_close_of_whatever_reason_leaves_the_session_alive(self):
        def serve(connection, number):
            greet(connection, f"token-{number}", resumed=number > 1, received=0)
            if number <= len(CLOSES):
                connection.send(CLOSE, struct.pack(">H", CLOSES[number - 1][0]) + b"why")
            else:
                connection.send_json(type="volume", level=38)
            connection.listen()

        agent = self.fake(serve)
        watch = self.start(agent.port, speed=20)
        after = 0
        for code, reason, advice in CLOSES:
            closed = watch.await_event("link", phase="closed", after=after)
            after = watch.events.index(closed, after) + 1
            with self.subTest(code):
                self.assertRegex(closed["reason"], reason)
                self.assertRegex(closed["advice"], advice)
        watch.await_event("volume", volume=38)
        asked = asked_for(agent)
        self.assertEqual(asked, [None] + [f"token-{n + 1}" for n in range(len(CLOSES))])
        self.check_well()

    def test_a_protocol_error_that_comes_again_at_once_ends_the_session(self):
        def serve(connection, number):
            greet(connection, f"token-{number}", resumed=number == 2, received=0)
            if number < 3:
                connection.send(CLOSE, struct.pack(">H", 1002))
            else:
                connection.send_json(type="volume", level=39)
            connection.listen()

        agent = self.fake(serve)
        watch = self.start(agent.port)
        watch.await_event("volume", volume=39)
        self.assertEqual(asked_for(agent), [None, "token-1", None])
        self.check_well()

    def test_errors_that_are_not_fatal_change_nothing(self):
        def serve(connection, number):
            greet(connection)
            for code, _ in FATAL + [("too_many_turns", 0), ("turn_idle", 0), ("turn_number", 0)]:
                connection.send_json(type="error", code=code, message="a\nb" * 100, fatal=False)
            connection.send_json(type="volume", level=35)
            connection.listen()

        watch = self.start(self.fake(serve).port)
        watch.await_event("volume", volume=35)
        status = self.bench.status()
        self.assertEqual((status["state"], status["reconnects"]), ("idle", "0"))
        self.check_well()


class CallsThatAreTooMany(TroubleTest):
    SECONDS, MOST_CALLS = 4, 24

    def check_rate(self, serve):
        """Whatever the agent does, the device does not call it all the time."""
        agent = self.fake(serve)
        self.start(agent.port)
        agent.await_connections(2)
        first = agent.connections
        time.sleep(self.SECONDS)
        self.assertLess(agent.connections - first, self.MOST_CALLS)
        self.assertEqual(self.daemon.stop(), 0)

    def test_a_session_that_lasts_no_time_is_not_begun_all_the_time(self):
        def serve(connection, number):
            greet(connection, limits={"max_turn_ms": 1_000, "max_session_ms": 0})
            connection.listen()

        self.check_rate(serve)

    def test_who_is_not_allowed_in_after_the_welcome_does_not_call_all_the_time(self):
        def serve(connection, number):
            greet(connection)
            connection.send_json(type="error", code="unauthorized", message="no", fatal=True)
            connection.send(CLOSE, struct.pack(">H", 1008))
            connection.listen()

        self.check_rate(serve)

    def test_who_finds_no_room_does_not_call_all_the_time(self):
        for code in (1013, 4013):
            with self.subTest(code):
                def serve(connection, number, code=code):
                    connection.send(CLOSE, struct.pack(">H", code) + b"too many devices")
                    connection.listen()

                watch = self.start(self.fake(serve).port, speed=20, link={"longest_wait": "30 s"})
                waits, after = [], 0
                while len(waits) < 10:
                    closed = watch.await_event("link", phase="closed", after=after)
                    after = watch.events.index(closed, after) + 1
                    waits.append(int(closed["retry_ms"]))
                # While nothing is given up yet, other troubles are tried each 0.8 s.
                self.assertGreater(max(waits), 800, waits)
                self.daemon.stop()

    def test_who_is_sent_away_each_time_does_not_call_all_the_time(self):
        def serve(connection, number):
            greet(connection)
            connection.send_json(type="goaway", in_ms=0, retry_after_ms=0, reason="x", opt=True)
            connection.listen()

        self.check_rate(serve)


class NothingGrows(GrowthTest):
    def test_over_fifty_sessions_that_lie(self):
        def serve(connection, number):
            kind = number % 4
            lies = {"resumed": True, "received": MOST} if kind == 1 else {}
            greet(connection, f"{number:0128}", **lies)
            if kind == 2:
                for received in (MOST, 0, 1):
                    connection.send_json(type="ack", received=received, opt=True)
            elif kind == 3:
                for _ in range(500):
                    connection.send_json(type="ping", t=number, opt=True)
            elif kind == 0:
                connection.send_json(type="error", code="x" * 128, message="y" * 512, fatal=True)
            connection.reset()

        self.check_nothing_grows(serve)


if __name__ == "__main__":
    unittest.main()
