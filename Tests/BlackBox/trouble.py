"""What the tests of agents that make trouble share."""

import json
import re

from programs import BlackBoxTest, process_facts
from websocket import FakeAgent

# The room's clock may hurry; real waits are bounded by the tests' own patience.
UNHURRIED = {"connect_timeout": "60 s", "longest_wait": "1 s"}


class TroubleTest(BlackBoxTest):
    def fake(self, serve, certificate=None, **options):
        agent = FakeAgent(*(certificate or self.bench.certificates.server()), serve, **options)

        def close():
            agent.close()
            self.assertEqual(agent.failures, [])

        self.addCleanup(close)
        return agent

    def start(self, port, *script, speed=1, environment=None, **changes):
        """A daemon in a room; with its watch, which has seen everything from the start."""
        sections = {"room": {"speed": speed}, "link": dict(UNHURRIED)}
        if script:
            sections["room"]["script"] = self.bench.script(*script)
        for section, keys in changes.items():
            sections.setdefault(section, {}).update(keys)
        self.daemon = self.bench.daemon(
            self.bench.usual(port, **sections), environment=environment)
        return self.bench.watch()

    def fault(self):
        code, output, errors = self.bench.command(
            "status", "--json", "--socket", self.bench.socket)
        self.assertEqual(code, 0, output + errors)
        return json.loads(output)["fault"]

    def check_named(self, watch, reason, advice):
        """The link does not come about, and both the event and `auricle status` say why."""
        closed = watch.await_event("link", phase="closed", reason=lambda text: text != "")
        self.assertRegex(closed["reason"], reason)
        self.assertRegex(closed["advice"], advice)
        fault = self.fault()
        self.assertRegex(fault, reason)
        self.assertRegex(fault, advice)
        self.assertEqual(fault.count(closed["advice"]), 1, fault)
        # It tries for ever, and one line of the log is enough for one trouble, in whichever words the
        # TLS library puts it.
        watch.await_event("link", phase="closed", after=watch.events.index(closed) + 1)
        self.assertTrue(self.daemon.is_running())
        self.assertEqual(self.daemon.stop(), 0)
        told = re.findall(r'phase=closed reason="([^"]*)"', self.daemon.output)
        self.assertEqual(len(told), len(set(told)), self.daemon.output)
        self.assertLessEqual(len(told), 2, self.daemon.output)


class GrowthTest(TroubleTest):
    """Rounds of the same trouble, each of which ends with a connection that is lost."""

    WARM, ROUNDS = 15, 50
    # Allocators keep a little; a message kept each round would be far above it.
    ALLOWED_KIB = 768

    def facts(self):
        return process_facts(self.daemon.identifier)

    def check_nothing_grows(self, serve, **options):
        agent = self.fake(serve, **options)
        watch = self.start(agent.port, speed=20)

        def rounds(count):
            target = agent.connections + len(agent.handshake_errors) + count
            after = len(watch.events)
            while agent.connections + len(agent.handshake_errors) < target:
                watch.await_event("link", phase="closed", after=after)
                after = len(watch.events)
            watch.await_event("link", phase="closed", after=after)

        rounds(self.WARM)
        before = self.facts()
        rounds(self.ROUNDS)
        # A name lookup and a TLS handshake hold descriptors for a moment.
        deadline = 100
        while (after := self.facts())[1] > before[1] and deadline:
            watch.await_event("link", after=len(watch.events))
            deadline -= 1
        self.assertLessEqual(after[1], before[1], "descriptors")
        self.assertLess(after[0] - before[0], self.ALLOWED_KIB, "resident KiB")
        self.assertEqual(self.daemon.stop(), 0)


def behave(connection, number):
    connection.welcome()
    connection.listen()


def answering(packets):
    """Behaves as an agent that answers each turn with the same sound, under the turn's own number."""

    def serve(connection, number):
        connection.welcome()
        while True:
            turn = connection.receive_json("turn.commit")["turn"]
            answer(connection, turn, turn, packets)

    return serve


def answer(connection, turn, reply, packets, end=True, epoch=0):
    connection.send_json(type="response.start", response=reply, turn=turn)
    sequence = getattr(connection, "sequence", 0)
    for number, packet in enumerate(packets):
        sequence += 1
        connection.send_sound(
            reply, sequence, packet, epoch=epoch, milliseconds=number * 20, first=number == 0)
    connection.sequence = sequence
    if end:
        connection.send_json(
            type="response.end", response=reply, status="complete", audio_ms=20 * len(packets))
