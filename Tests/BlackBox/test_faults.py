"""Real faults of the network and of the server. After each of them the next conversation works."""

from __future__ import annotations

import array
import os
import signal
import sys
import time
import unittest

import cutting
import likeness
import netns
import opus
import reconnecting
import schema_check
from dns import NameServer
from following import is_event
from native_session import Turn
from programs import PATIENCE, SECONDS, free_port
from relay import Cut, End, Gate, Records
from together import VISITOR, Stage, Together
from websocket import FakeAgent

# How soon silence is noticed, and how soon all is well after it: the project's own bounds, times what
# a slow machine needs.
NOTICED_TALKING, NOTICED_IDLE, BACK = 5 * PATIENCE, 20 * PATIENCE, 5 * PATIENCE
IS_LOST = is_event("link", phase="closed")
IS_OPEN = is_event("link", phase="open")
# A visitor who says nothing for a while, then asks until somebody answers.
QUIET = ("wait 60 s", *VISITOR * 9)


def long_talk(stage: Stage) -> tuple[str, ...]:
    """Half a minute of talk at a time: whenever a fault comes, somebody speaks."""
    return ("say " + cutting.WORDS, "await reply within 40 s", "wait 1 s") * 20


def soon(seen, since: float, seconds: float, what: str) -> None:
    assert seen.when - since <= seconds, f"{what} after {seen.when - since:.1f} s, not {seconds} s"


def setUpModule() -> None:
    if netns.missing():
        netns.say_what_was_skipped(len(NetworksOfTheKernel.plays()), "networks that the kernel breaks")
    if schema_check.missing():
        print(f"\nNO MESSAGE WAS HELD TO ITS SCHEMA: {schema_check.missing()}", file=sys.stderr)


class ServersThatDie(Together):
    def await_answer(self, stage: Stage):
        """A real agent, half a minute of whose answer has just begun."""
        self.port = free_port()
        agent = stage.bench.agent(self.port)
        follower = stage.daemon(
            self.port, "say tell me about the exhibition", "await silence within 60 s", *VISITOR * 20)
        follower.await_(is_event("room", phase="loudspeaker_started"), "answer")
        return agent, follower

    def play_one_killed_in_the_middle_of_an_answer_and_started_again(self, stage):
        agent, follower = self.await_answer(stage)
        mark = follower.mark()
        agent.kill()
        lost = follower.await_(IS_LOST, "loss", after=mark)
        assert "connection lost" in lost.event["reason"], lost.event
        stage.bench.agent(self.port)
        follower.await_(IS_OPEN, "welcome", after=mark)
        stage.answered(mark)

    def play_one_told_to_stop_in_the_middle_of_an_answer_and_started_again(self, stage):
        agent, follower = self.await_answer(stage)
        mark = follower.mark()
        agent.send(signal.SIGTERM)
        assert agent.finish() == 0
        stage.bench.agent(self.port)
        follower.await_(IS_OPEN, "welcome", after=mark)
        stage.answered(mark)

    def play_one_that_hangs_in_the_middle_of_an_answer(self, stage):
        agent, follower = self.await_answer(stage)
        mark = follower.mark()
        began = time.monotonic()
        agent.send(signal.SIGSTOP)
        lost = follower.await_(IS_LOST, "loss", after=mark)
        # What was ready to be played is played, perhaps, but nobody waits for what never comes.
        soon(lost, began, NOTICED_IDLE, "noticed")
        agent.send(signal.SIGCONT)
        stage.answered(follower.mark())

    def play_one_that_lost_everything_it_knew(self, stage):
        agent = stage.native_agent()
        follower = stage.daemon(agent.port)
        stage.answered(0)
        mark = follower.mark()
        agent.stop()
        agent.forget()
        follower.await_(IS_LOST, "loss", after=mark)
        agent.start()
        follower.await_(IS_OPEN, "welcome", after=mark)
        stage.answered(mark)


class NetworksThatBreak(Together):
    def talk(self, stage, *script, **sections):
        """An agent in Python behind a relay, and a visitor who is answered."""
        self.agent = stage.native_agent()
        self.relay = stage.relay(self.agent.port)
        return stage.daemon(self.relay.port, *script, **sections)

    def await_speech(self, follower, after=0):
        started = follower.await_(is_event("turn", phase="started"), "turn", after=after)
        return follower.seen.index(started)

    def play_a_reset_at_the_boundary_of_each_message(self, stage):
        follower = self.talk(stage)
        follower.await_ready()
        for way in (self.relay.down, self.relay.up):
            for records in range(12):
                mark = follower.mark()
                way.cut = Cut(after_records=records)
                self.relay.reset()
                follower.await_(IS_LOST, "loss", after=mark)
        mark = follower.mark()
        self.relay.heal()
        self.relay.reset()
        stage.answered(mark)

    def play_silence_while_somebody_talks(self, stage):
        follower = self.talk(stage, *long_talk(stage))
        mark = self.await_speech(follower)
        self.relay.sever()
        began = time.monotonic()
        lost = follower.await_(IS_LOST, "loss", after=mark)
        soon(lost, began, NOTICED_TALKING, "noticed")
        self.relay.heal()
        stage.answered(mark)

    def play_silence_from_one_side_only(self, stage):
        follower = self.talk(stage, *long_talk(stage))
        for up, down in ((True, False), (False, True)):
            mark = self.await_speech(follower, follower.mark())
            self.relay.stall(up, down)
            began = time.monotonic()
            lost = follower.await_(IS_LOST, "loss", after=mark)
            # The side that still gets through acknowledges what it had for another two seconds.
            soon(lost, began, NOTICED_TALKING + 2, "noticed")
            self.relay.heal()
            stage.answered(mark)

    def play_silence_while_nobody_talks(self, stage):
        follower = self.talk(stage, *QUIET)
        follower.await_ready()
        mark = follower.mark()
        self.relay.sever()
        began = time.monotonic()
        lost = follower.await_(IS_LOST, "loss", after=mark)
        soon(lost, began, NOTICED_IDLE, "noticed")
        healed = time.monotonic()
        self.relay.heal()
        soon(follower.await_(IS_OPEN, "welcome", after=mark), healed, BACK, "back")

    def play_nobody_who_answers_for_several_attempts(self, stage):
        follower = self.talk(stage, link={"connect_timeout": "2 s"})
        follower.await_ready()
        for gate in (Gate.REFUSED, Gate.UNANSWERED, Gate.SILENT):
            mark = follower.mark()
            self.relay.gate = gate
            self.relay.drop()
            for _ in range(4):
                lost = follower.await_(IS_LOST, "loss", after=mark)
                mark = follower.seen.index(lost) + 1
            assert lost.event["advice"] != "", lost.event
            healed = time.monotonic()
            self.relay.heal()
            soon(follower.await_(IS_OPEN, "welcome", after=mark), healed, BACK, "back")
        stage.answered(follower.mark())

    def play_one_byte_a_second_before_there_is_tls(self, stage):
        follower = self.talk(stage, link={"connect_timeout": "3 s"})
        follower.await_ready()
        mark = follower.mark()
        self.relay.down.rate = 1
        self.relay.reset()
        follower.await_(IS_LOST, "loss", after=mark)
        lost = follower.await_(IS_LOST, "second loss", after=mark + 2)
        self.relay.heal()
        stage.answered(follower.seen.index(lost))

    def play_damaged_bytes(self, stage):
        follower = self.talk(stage)
        follower.await_ready()
        # In the handshake, in the certificate, in the welcome and after it.
        for way in (self.relay.down, self.relay.up):
            for place in (10, 200, 700, 1_500):
                mark = follower.mark()
                way.damaged = {place}
                self.relay.reset()
                follower.await_(IS_LOST, "loss", after=mark)
                way.clear()
        stage.answered(follower.mark())

    def play_a_slow_uneven_network(self, stage):
        follower = self.talk(stage)
        self.relay.up.delay = self.relay.down.delay = 0.25
        self.relay.up.jitter = self.relay.down.jitter = 0.25
        mark = follower.mark()
        stage.answered(mark)
        stage.answered(follower.mark())
        assert not follower.find(IS_LOST), "a slow network is not a broken one"
        assert all(turn.flaws() == [] for turn in self.agent.turns() if turn.end == "commit")

    def play_less_room_than_the_sound_needs(self, stage):
        follower = self.talk(stage, *long_talk(stage))
        mark = self.await_speech(follower)
        # A third of what 16 kbit/s of Opus take.
        self.relay.up.rate = 1_000
        follower.await_(is_event("turn", phase="committed"), "commit", after=mark)
        self.relay.heal()
        stage.answered(mark)


class Outages(Together):
    def talk(self, stage, *script, **options):
        self.agent = stage.native_agent(**options)
        self.relay = stage.relay(self.agent.port)
        return stage.daemon(self.relay.port, *script)

    def check_whole(self, turn) -> None:
        assert turn.flaws() == [], turn.flaws()
        assert turn.packets, "a turn without sound"

    def play_a_cut_in_the_middle_of_a_turn(self, stage):
        """Of each kind, up to some seconds: the turn arrives whole and is answered."""
        follower = self.talk(stage, *long_talk(stage))
        for number, (how, seconds) in enumerate(
                ((End.RESET, 1), (End.DROP, 3), (End.STALL, 8), (End.RESET, 8)), 1):
            started = follower.await_(
                is_event("turn", phase="started"), "turn", after=follower.mark())
            mark = follower.seen.index(started)
            self.relay.gate = Gate.UNANSWERED
            self.relay.end(how)
            follower.await_time(started.at_ms + 1_000 * seconds)
            self.relay.heal()
            follower.await_(is_event("reply", phase="drained"), "answer", after=mark)
            self.check_whole(self.agent.await_turn(number))
        # Nobody was answered twice, and nobody who was not there.
        assert [turn.end for turn in self.agent.turns()] == ["commit"] * 4
        assert len(self.agent.all_sessions) == 1, self.agent.all_sessions

    def play_a_turn_spoken_while_the_network_is_away(self, stage):
        """The whole of it within fifteen seconds: it is delivered afterwards."""
        follower = self.talk(stage, *long_talk(stage))
        follower.await_ready()
        self.relay.sever()
        self.relay.end(End.RESET)
        mark = self.await_speech(follower)
        ended = follower.await_(is_event("room", phase="talker_ended"), "end of talk", after=mark)
        follower.await_time(ended.at_ms + 2_000)
        self.relay.heal()
        follower.await_(is_event("reply", phase="drained"), "answer", after=mark)
        self.check_whole(self.agent.await_turn(1))

    def await_speech(self, follower):
        started = follower.await_(is_event("turn", phase="started"), "turn", after=0)
        return follower.seen.index(started)

    def play_an_outage_too_long_for_a_turn(self, stage):
        """It is given up, and told; afterwards everything works again."""
        follower = self.talk(stage, *VISITOR * 20)
        stage.answered(0)
        mark = follower.mark()
        self.relay.sever()
        self.relay.end(End.RESET)
        started = follower.await_(is_event("turn", phase="started"), "turn", after=mark)
        follower.await_(is_event("cue", cue="no-network"), "cue", after=mark)
        follower.await_time(started.at_ms + 25_000)
        self.relay.heal()
        healed = time.monotonic()
        soon(follower.await_(IS_OPEN, "welcome", after=mark), healed, BACK, "back")
        stage.answered(follower.mark())

    def play_a_reset_at_the_boundary_of_each_message_while_somebody_talks(self, stage):
        """Also of the welcome: then the device has only the token from before."""
        follower = self.talk(stage, *long_talk(stage))
        mark = self.await_speech(follower)
        for way in (self.relay.down, self.relay.up):
            for records in range(14):
                lost = follower.mark()
                way.cut = Cut(after_records=records)
                self.relay.reset()
                follower.await_(IS_LOST, "loss", after=lost)
                # The next one to come is whole again.
                follower.await_(IS_OPEN, "welcome", after=lost + 1)
        stage.answered(mark)
        stage.answered(follower.mark())
        for turn in self.agent.turns():
            if turn.end == "commit":
                self.check_whole(turn)
        assert len(self.agent.all_sessions) == 1, self.agent.all_sessions

    def play_a_cut_in_the_middle_of_an_answer(self, stage):
        """It is heard to its end, and nothing of it twice."""
        long = opus.tone(6_000)
        follower = self.talk(stage, answers=lambda turn: long)
        for how in (End.RESET, End.DROP):
            mark = follower.mark()
            started = follower.await_(
                is_event("room", phase="loudspeaker_started"), "answer", after=mark)
            follower.await_time(started.at_ms + 1_500)
            self.relay.gate = Gate.REFUSED
            self.relay.end(how)
            follower.await_time(started.at_ms + 3_000)
            self.relay.heal()
            drained = follower.await_(is_event("reply", phase="drained"), "its end", after=mark)
            assert drained.event["played_ms"] == "6000", drained.event

    def play_cuts_on_the_way_to_the_real_agent(self, stage):
        """It understands what was said through a cut, and its answer is heard to the end through another."""
        agent = stage.bench.agent()
        relay = stage.relay(agent.port)
        follower = stage.daemon(relay.port, "say what are your opening hours", "wait 60 s")
        for moment in (is_event("turn", phase="started"),
                       is_event("room", phase="loudspeaker_started")):
            began = follower.await_(moment, "moment to cut")
            relay.gate = Gate.REFUSED
            relay.reset()
            follower.await_time(began.at_ms + 1_500)
            relay.heal()
            back = follower.await_(IS_OPEN, "welcome", after=follower.seen.index(began))
            assert back.event["resumed"] == "yes", back.event
        understood = follower.await_(is_event("transcript", final="yes"), "transcript")
        assert "opening hours" in understood.event["text"], understood.event
        drained = follower.await_(is_event("reply", phase="drained"), "its end")
        assert int(drained.event["played_ms"]) > 2_000, drained.event

    def play_a_session_that_is_forgotten_in_the_middle_of_a_turn(self, stage):
        """The turn is said once more, from its start, to whoever is there now."""
        follower = self.talk(stage, *long_talk(stage))
        started = follower.await_(is_event("turn", phase="started"), "turn")
        mark = follower.seen.index(started)
        follower.await_time(started.at_ms + 2_000)
        self.agent.stop()
        self.agent.forget()
        follower.await_time(started.at_ms + 4_000)
        self.agent.start()
        follower.await_(is_event("reply", phase="drained"), "answer", after=mark)
        turn = self.agent.await_turn(1)
        self.check_whole(turn)
        assert len(self.agent.all_sessions) == 2, self.agent.all_sessions
        assert turn in self.agent.all_sessions[1].turns.values()

    def play_a_cut_before_an_agent_that_keeps_no_sessions(self, stage):
        """One of version 1.1: the turn is said once more, from its start."""
        follower = self.talk(stage, *long_talk(stage), resumes=False, proto="1.1")
        for number in (1, 2):
            started = follower.await_(
                is_event("turn", phase="started"), "turn", after=follower.mark())
            follower.await_time(started.at_ms + 2_000)
            self.relay.gate = Gate.REFUSED
            self.relay.reset()
            follower.await_time(started.at_ms + 4_000)
            self.relay.heal()
            follower.await_(is_event("reply", phase="drained"), "answer",
                            after=follower.seen.index(started))
            self.check_whole(self.agent.await_turn(number))
        assert len(self.agent.all_sessions) == 3, self.agent.all_sessions

    def play_an_outage_longer_than_the_lease(self, stage):
        follower = self.talk(stage, *VISITOR * 20, lease_ms=2_000)
        stage.answered(0)
        mark = follower.mark()
        self.relay.gate = Gate.UNANSWERED
        self.relay.drop()
        lost = follower.await_(IS_LOST, "loss", after=mark)
        follower.await_time(lost.at_ms + 6_000)
        self.relay.heal()
        follower.await_(IS_OPEN, "welcome", after=mark)
        stage.answered(follower.mark())
        assert len(self.agent.all_sessions) == 2, self.agent.all_sessions

    def play_an_agent_that_goes_away_and_says_so(self, stage):
        """Nobody notices, whether somebody speaks or not: the device leaves in a pause, or is cut."""
        follower = self.talk(stage, *long_talk(stage))
        mark = self.await_speech(follower)
        self.agent.go_away(in_ms=1_000)
        follower.await_(is_event("reply", phase="drained"), "answer", after=mark)
        self.agent.go_away(in_ms=20_000)
        stage.answered(follower.mark())
        assert [turn.flaws() for turn in self.agent.turns()] == [[], []]


class StrangeServers(Together):
    def fake(self, stage, serve, **options):
        """A server that does as `serve(connection, number)` says."""
        agent = FakeAgent(*stage.bench.certificates.server(), serve, **options)
        stage.rest.callback(agent.close)
        return agent

    def play_garbage_after_the_upgrade(self, stage):
        def serve(connection, number):
            if number <= 5:
                connection.send_raw(os.urandom(2_000))
                connection.listen()
            connection.welcome()
            connection.listen()

        follower = stage.daemon(self.fake(stage, serve).port, *QUIET)
        follower.await_ready()
        assert sum(IS_LOST(seen.event) for seen in follower.seen) >= 5

    def play_one_byte_a_second_in_the_upgrade_and_in_the_welcome(self, stage):
        def drip(connection, data):
            for place in range(len(data)):
                connection.send_raw(data[place:place + 1])
                time.sleep(1)

        def serve(connection, number):
            drip(connection, b"\x81\x7e\x01\x00" + b'{"type":"welcome"')

        for upgrade in (True, False):
            slow = self.fake(
                stage, serve if upgrade else
                lambda connection, number: drip(connection, b"HTTP/1.1 101 Switching Protocols\r\n"),
                upgrade=upgrade)
            relay = stage.relay(slow.port)
            follower = stage.daemon(relay.port, link={"connect_timeout": "3 s"})
            lost = follower.await_(IS_LOST, "loss")
            assert lost.event["advice"] != "", lost.event
            agent = stage.native_agent()
            relay.target = agent.port
            follower.await_(IS_OPEN, "welcome", after=follower.seen.index(lost))
            stage.answered(follower.mark())
            stage.program.stop()
            follower.watch.close()
        stage.daemon(relay.port)


@unittest.skipIf(netns.missing(), f"NO KERNEL NETWORK WAS BROKEN: {netns.missing()}")
class NetworksOfTheKernel(Together):
    """The daemon in a namespace of its own: packets are really lost, cables really pulled."""

    def talk(self, stage, *script, **sections):
        self.network = stage.network()
        certificate = stage.bench.certificates.server(
            names=f"DNS:agent.example,IP:{self.network.ours}")
        self.agent = stage.native_agent(host=self.network.ours, certificate=certificate)
        sections.setdefault("agent", {
            "url": f"wss://{self.network.ours}:{self.agent.port}/auricle",
            "ca_file": stage.bench.certificates.authority})
        return stage.daemon(self.agent.port, *script, within=self.network, **sections)

    def play_a_partition_while_somebody_talks(self, stage):
        follower = self.talk(stage, *long_talk(stage))
        started = follower.await_(is_event("turn", phase="started"), "turn")
        mark = follower.seen.index(started)
        self.network.partition()
        began = time.monotonic()
        soon(follower.await_(IS_LOST, "loss", after=mark), began, NOTICED_TALKING, "noticed")
        healed = time.monotonic()
        self.network.heal()
        soon(follower.await_(IS_OPEN, "welcome", after=mark), healed, BACK, "back")
        follower.await_(is_event("reply", phase="drained"), "answer", after=mark)
        assert self.agent.await_turn(1).flaws() == []

    def play_a_partition_while_nobody_talks(self, stage):
        follower = self.talk(stage, *QUIET)
        follower.await_ready()
        mark = follower.mark()
        self.network.partition()
        began = time.monotonic()
        soon(follower.await_(IS_LOST, "loss", after=mark), began, NOTICED_IDLE, "noticed")
        healed = time.monotonic()
        self.network.heal()
        soon(follower.await_(IS_OPEN, "welcome", after=mark), healed, BACK, "back")

    def play_a_cable_that_is_pulled_and_plugged_in(self, stage):
        follower = self.talk(stage, *long_talk(stage))
        started = follower.await_(is_event("turn", phase="started"), "turn")
        mark = follower.seen.index(started)
        self.network.link(up=False)
        follower.await_(IS_LOST, "loss", after=mark)
        follower.await_time(started.at_ms + 9_000)
        plugged = time.monotonic()
        self.network.link(up=True)
        soon(follower.await_(IS_OPEN, "welcome", after=mark), plugged, BACK, "back")
        follower.await_(is_event("reply", phase="drained"), "answer", after=mark)

    def play_every_fifth_packet_lost(self, stage):
        follower = self.talk(stage)
        self.network.lose(20)
        stage.answered(0, 4 * SECONDS)
        self.network.heal()
        stage.answered(follower.mark())

    def play_a_network_of_a_modem(self, stage):
        follower = self.talk(stage, *VISITOR * 20)
        self.network.slow_down(kilobits=40)
        stage.answered(0)
        stage.answered(follower.mark())
        assert all(turn.flaws() == [] for turn in self.agent.turns() if turn.end == "commit")

    def ask_for_names(self, stage):
        """A resolver of ours, silent for now, and a daemon that knows its agent by name."""
        network = stage.network()
        network.resolve(resolv_conf=f"nameserver {network.ours}\n", nsswitch_conf="hosts: dns\n")
        names = NameServer(network.ours)
        stage.rest.callback(names.close)
        certificate = stage.bench.certificates.server(names="DNS:agent.example")
        agent = stage.native_agent(host=network.ours, certificate=certificate)
        follower = stage.daemon(
            agent.port, within=network, agent={
                "url": f"wss://agent.example:{agent.port}/auricle",
                "ca_file": stage.bench.certificates.authority})
        return network, names, follower

    def play_a_name_server_that_is_silent_then_wrong_then_well(self, stage):
        network, names, follower = self.ask_for_names(stage)
        silent = follower.await_(IS_LOST, "loss")
        assert silent.event["advice"] != "", silent.event
        assert "agent.example" in names.asked, names.asked
        assert stage.bench.status()["error"] == "0"
        names.answer = ""
        unknown = follower.await_(
            lambda event: IS_LOST(event) and "name" in event["reason"], "name not found",
            after=follower.seen.index(silent) + 1)
        assert "agent.example" in unknown.event["advice"], unknown.event
        names.answer = network.ours
        follower.await_(IS_OPEN, "welcome", after=follower.seen.index(unknown))
        stage.answered(follower.mark())

    def play_the_end_while_a_name_server_is_silent(self, stage):
        _, names, follower = self.ask_for_names(stage)
        follower.await_time(1_000)
        assert names.asked, "nobody asked for a name"
        assert stage.program.stop(seconds=5 * PATIENCE) == 0, stage.program.output
        stage.program = None


class Measures(Together):
    """Short versions of tools/cuts and tools/reconnects."""

    def play_no_word_is_lost_in_cuts_while_somebody_speaks(self, stage):
        cuts, problems = cutting.run(8, parallel=8, seed=1)
        assert not problems, problems
        bad = [cut for cut in cuts if cut.words_lost() or cut.doubled_ms or cut.flaws]
        assert not bad, "\n".join(map(str, bad))

    def play_nothing_grows_over_reconnects(self, stage):
        found = reconnecting.run(cycles=40)
        assert found.descriptors_grown <= 0, found
        assert found.memory_grown_kib < reconnecting.ALLOWED_KIB, found
        assert found.quickest_last_ms < 3 * found.quickest_first_ms + 50 * PATIENCE, found


class TheMeasuresThemselves(unittest.TestCase):
    """They would find what they look for."""

    def test_a_turn_with_sound_missing_or_twice_is_told(self):
        packet = opus.tone(20)[0]
        for places, flaws, missing in (
                ((0, 20, 40), [], 0), ((0, 40), ["missing 20–40 ms"], 20),
                ((0, 20, 20), ["again 20–40 ms", "missing 40–60 ms"], 20),
                ((20, 40), ["missing 0–20 ms"], 20), ((0, 20), ["missing 40–60 ms"], 20)):
            turn = Turn(1, "speech", 0, [(at, 20, packet) for at in places], audio_ms=60)
            self.assertEqual((turn.flaws(), turn.missing_ms()), (flaws, missing))

    def test_silence_in_place_of_words_is_told(self):
        packets = opus.babble(3_000)
        sound = opus.decode(packets)
        muted = array.array("h", sound[:16_000]) + array.array("h", bytes(32_000)) + sound[32_000:]
        said = likeness.levels(sound)
        self.assertEqual(likeness.muted_ms(said, said, 0), 0)
        self.assertEqual(likeness.muted_ms(said, [0.0] * 30 + said, -600), 0)
        self.assertGreater(likeness.muted_ms(said, likeness.levels(muted), 0), 500)

    def test_the_ends_of_tls_records_are_found_wherever_the_stream_is_cut(self):
        stream = b"".join(
            bytes([23, 3, 3]) + size.to_bytes(2, "big") + bytes(size) for size in (3, 0, 700))
        for step in (1, 2, 7, 4_000):
            scanner, ends = Records(), []
            for start in range(0, len(stream), step):
                ends += [start + end for end in scanner.ends(stream[start:start + step])]
            self.assertEqual(ends, [8, 13, 718])


if __name__ == "__main__":
    unittest.main()
