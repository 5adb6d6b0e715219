"""Agents that are not there, not who they say, or stop in the middle. The daemon says so, and lives."""

import os
import socket
import ssl
import struct
import threading
import unittest
import warnings

import opus
from programs import PATIENCE, SECONDS, free_port
from trouble import TroubleTest, answer, behave
from websocket import CLOSE


class AgentsThatComeAndGo(TroubleTest):
    def test_one_that_is_not_there_at_start_is_found_when_it_appears(self):
        port = free_port()
        watch = self.start(port)
        watch.await_event("link", phase="closed", reason=lambda text: "refused" in text)
        self.assertRegex(self.fault(), "is the agent running on localhost")
        self.fake(behave, port=port)
        watch.await_event("link", phase="open", agent="test agent")
        watch.await_event("state", state="idle")
        self.assertEqual(self.fault(), "")
        status = self.bench.status()
        self.assertEqual(status["session"], "test-session")

    def test_one_that_goes_in_the_middle_of_a_reply_leaves_silence_and_the_next_talk_works(self):
        packets = opus.tone(6_000)

        def serve(connection, number):
            connection.welcome()
            turn = connection.receive_json("turn.commit")["turn"]
            # Each session counts its replies from 1.
            answer(connection, turn, 1, packets if number == 1 else packets[:50], end=number > 1)
            if number == 1:
                while connection.receive_json("playback")["played_ms"] < 500:
                    pass
                connection.reset()
            connection.listen()

        agent = self.fake(serve)
        watch = self.start(
            agent.port, "wait 1 s", "say what are your opening hours", "await sound within 60 s",
            "await silence within 60 s", "wait 3 s", "say where are the toilets",
            "await reply within 60 s")
        sounding = watch.await_event("room", phase="loudspeaker_started")
        closed = watch.await_event("link", phase="closed")
        self.assertRegex(closed["reason"], "connection lost")
        # What had come is heard, and no more of it is waited for.
        watch.await_event("room", phase="loudspeaker_silent", after=watch.events.index(sounding))
        after = watch.events.index(closed)
        watch.await_event("link", phase="open", after=after)
        # So short a cut is nobody's business.
        self.assertNotIn("offline", {event.get("state") for event in watch.events[after:]})
        watch.await_event("reply", phase="drained", reply=1, played_ms=1_000)
        status = self.bench.status()
        self.assertEqual((status["replies"], status["reconnects"]), ("2", "1"))

    def test_one_that_stays_away_longer_than_an_outage_is_told(self):
        def serve(connection, number):
            connection.welcome()
            agent.close()
            connection.reset()

        agent = self.fake(serve)
        watch = self.start(agent.port, link={"outage": "2 s"})
        closed = watch.await_event("link", phase="closed")
        offline = watch.await_event("state", state="offline", after=watch.events.index(closed))
        self.assertGreater(int(offline["at_ms"]), int(closed["at_ms"]) + 1_900)
        self.assertLess(int(offline["at_ms"]), int(closed["at_ms"]) + 2_500)

    def test_one_that_wants_to_be_left_alone_is(self):
        for status in (b"429 Too Many Requests", b"503 Service Unavailable"):
            with self.subTest(status):
                agent = self.fake(
                    lambda connection, number: None,
                    upgrade=b"HTTP/1.1 " + status + b"\r\nRetry-After: 40\r\nContent-Length: 0\r\n\r\n")
                watch = self.start(agent.port)
                closed = watch.await_event("link", phase="closed")
                self.assertGreaterEqual(int(closed["retry_ms"]), 40_000)
                self.daemon.stop()

    def test_one_that_says_goodbye_is_met_again(self):
        def serve(connection, number):
            connection.welcome()
            if number == 1:
                connection.send(CLOSE, struct.pack(">H", 1001) + b"going away")
            connection.listen()

        watch = self.start(self.fake(serve).port)
        closed = watch.await_event("link", phase="closed")
        self.assertIn("1001", closed["reason"])
        watch.await_event("link", phase="open", after=watch.events.index(closed))


class AgentsThatAreNotWhoTheySay(TroubleTest):
    def test_a_certificate_of_an_unknown_authority(self):
        agent = self.fake(behave)
        watch = self.start(agent.port, agent={"ca_file": self.bench.certificates.other_authority()})
        self.check_named(watch, "unknown authority", "not signed by an authority in .*other")
        self.assertEqual(agent.connections, 0)

    def test_a_certificate_for_another_name(self):
        certificate = self.bench.certificates.server("other", names="DNS:elsewhere.example")
        agent = self.fake(behave, certificate)
        self.check_named(self.start(agent.port), "for another name", "not for localhost")
        self.assertEqual(agent.connections, 0)

    def test_a_certificate_that_has_run_out(self):
        certificate = self.bench.certificates.server("old", days=-1)
        agent = self.fake(behave, certificate)
        self.check_named(self.start(agent.port), "expired", "renew .* or check this device's clock")
        self.assertEqual(agent.connections, 0)

    def test_a_certificate_that_nobody_signed(self):
        agent = self.fake(behave, self.bench.certificates.self_signed())
        self.check_named(self.start(agent.port), "signed by itself", "put the certificate .*authority.pem")
        self.assertEqual(agent.connections, 0)

    def test_a_file_of_authorities_that_is_none(self):
        path = self.bench.folder / "empty.pem"
        path.write_text("nothing\n")
        watch = self.start(free_port(), agent={"ca_file": path})
        self.check_named(watch, "unusable file of authorities", str(path))

    def test_a_file_of_authorities_that_is_repaired_is_read_again(self):
        agent = self.fake(behave)
        path = self.bench.folder / "late.pem"
        watch = self.start(agent.port, agent={"ca_file": path})
        watch.await_event("link", phase="closed", reason=lambda text: "unusable" in text)
        path.write_text(self.bench.certificates.authority.read_text())
        watch.await_event("link", phase="open")

    def test_an_old_version_of_tls(self):
        agent = self.fake(behave)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            agent.context.minimum_version = ssl.TLSVersion.TLSv1
            agent.context.maximum_version = ssl.TLSVersion.TLSv1_1
        agent.context.set_ciphers("ALL:@SECLEVEL=0")
        self.check_named(self.start(agent.port), "TLS too old", "TLS 1.2 or newer")
        self.assertEqual(agent.connections, 0)


class AgentsThatDoNotAnswer(TroubleTest):
    def listen_plainly(self, greeting=b""):
        """A listener that is no TLS server."""
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)
        streams = []

        def accept():
            while True:
                try:
                    stream, _ = listener.accept()
                    streams.append(stream)
                    if greeting:
                        stream.sendall(greeting)
                except OSError:
                    return

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()

        def close():
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(SECONDS)
            for stream in streams:
                stream.close()

        self.addCleanup(close)
        return listener.getsockname()[1]

    def test_a_listener_that_never_says_a_word(self):
        watch = self.start(self.listen_plainly(), link={"connect_timeout": "1 s"})
        self.check_named(watch, "no connection in time", "check the network")

    def test_a_server_that_is_no_tls_server(self):
        watch = self.start(self.listen_plainly(b"220 mail.example ESMTP\r\n" * 20))
        self.check_named(watch, "no TLS connection", r"is localhost port \d+ a TLS server\?")

    def test_servers_that_refuse_the_upgrade(self):
        for answer_, reason, advice in (
            (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "status 404", "serve /auricle"),
            (b"HTTP/1.1 503 Full\r\nContent-Length: 0\r\n\r\n", "status 503", "full"),
            (b"HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n", "status 401", "shows a token"),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", "status 200", "url"),
            (b"HTTP/1.1 302 Found\r\nLocation: https://localhost/\r\nContent-Length: 0\r\n\r\n",
             "status 302", "url"),
            (b"\x00\xff" * 4_000, ".", "."),
        ):
            with self.subTest(answer_[:40]):
                agent = self.fake(lambda connection, number: None, upgrade=answer_)
                self.check_named(self.start(agent.port, speed=5), reason, advice)

    def test_an_agent_that_never_answers_the_upgrade(self):
        agent = self.fake(lambda connection, number: connection.listen(), upgrade=False)
        watch = self.start(agent.port, link={"connect_timeout": "1 s"})
        self.check_named(watch, "no connection in time", "check the network")

    def test_an_agent_that_never_says_welcome(self):
        agent = self.fake(lambda connection, number: connection.listen())
        watch = self.start(agent.port, link={"connect_timeout": "1 s"})
        self.check_named(watch, "no welcome in time", "agent that listens")


class RepliesThatGoWrong(TroubleTest):
    def converse(self, misbehave, patience="14 s", **changes):
        """Turn 1 is answered by `misbehave(connection, turn)`, turn 2 by a second of sound."""
        packets = opus.tone(1_000)

        def serve(connection, number):
            connection.welcome()
            turn = connection.receive_json("turn.commit")["turn"]
            misbehave(connection, turn)
            turn = connection.receive_json("turn.commit")["turn"]
            answer(connection, turn, 1_000, packets, epoch=getattr(connection, "epoch", 0))
            connection.listen()

        # Five times as fast as life: the agent has 1.6 s to answer.
        return self.start(
            self.fake(serve).port, "wait 8 s", "say what are your opening hours",
            f"wait {patience}", "say where are the toilets", "await reply within 60 s",
            speed=5, turn={"thinking_timeout": "8 s"}, **changes)

    def check_next_works(self, watch):
        watch.await_event("reply", phase="drained", reply=1_000, played_ms=1_000)
        watch.await_event("state", state="idle", reason="answered")
        self.assertEqual(self.bench.status()["reconnects"], "0")

    def test_one_that_never_starts_is_given_up(self):
        watch = self.converse(lambda connection, turn: None)
        thinking = watch.await_event("state", state="thinking")
        idle = watch.await_event("state", state="idle", reason="no-answer")
        self.assertAlmostEqual(int(idle["at_ms"]) - int(thinking["at_ms"]), 8_000, delta=200)
        self.check_next_works(watch)

    def test_one_that_starts_without_a_sound_is_given_up(self):
        watch = self.converse(lambda connection, turn: answer(connection, turn, 1, [], end=False))
        watch.await_event("state", state="speaking")
        self.acknowledge(watch)

    def acknowledge(self, watch):
        watch.await_event("reply", phase="failed", reply=1)
        watch.await_event("state", state="idle", reason="reply-failed")

    def test_one_that_starts_and_ends_without_a_sound_is_over_at_once(self):
        watch = self.converse(lambda connection, turn: answer(connection, turn, 1, []))
        speaking = watch.await_event("state", state="speaking")
        idle = watch.await_event("state", state="idle", after=watch.events.index(speaking))
        self.assertLess(int(idle["at_ms"]) - int(speaking["at_ms"]), 3_000)
        self.check_next_works(watch)

    def test_one_that_never_ends_is_given_up(self):
        def misbehave(connection, turn):
            answer(connection, turn, 1, opus.tone(1_000), end=False)
            interrupt = connection.receive_json("interrupt")
            self.assertEqual((interrupt["response"], interrupt["played_ms"]), (1, 1_000))
            connection.epoch = interrupt["epoch"]
            connection.send_json(type="interrupt.ack", response=1, epoch=interrupt["epoch"])

        watch = self.converse(misbehave)
        self.acknowledge(watch)
        self.check_next_works(watch)

    def test_one_made_of_noise_is_left_out(self):
        def misbehave(connection, turn):
            answer(connection, turn, 1, [bytes([0x4B, 0xFF]) + os.urandom(900) for _ in range(20)])

        watch = self.converse(misbehave)
        speaking = watch.await_event("state", state="speaking")
        watch.await_event("state", state="idle", after=watch.events.index(speaking))
        self.check_next_works(watch)

    def test_far_more_than_was_granted_is_survived_and_can_be_stopped(self):
        packets = opus.tone(1_000)
        sent = threading.Event()

        def misbehave(connection, turn):
            # Ten minutes at once, where a second was granted.
            try:
                answer(connection, turn, 1, packets * 600)
            finally:
                sent.set()
            interrupt = connection.receive_json("interrupt")
            connection.epoch = interrupt["epoch"]
            connection.send_json(type="interrupt.ack", response=1, epoch=interrupt["epoch"])

        watch = self.converse(
            misbehave, "60 s", link={"reply_buffer": "1 s"}, interrupt={"enabled": "no"})
        watch.await_event("reply", phase="first_sound", reply=1)
        self.assertTrue(sent.wait(SECONDS))
        self.assertLess(int(self.bench.status()["resident_kib"]), 40_000 * PATIENCE)
        code, output, errors = self.bench.command("stop", "--socket", self.bench.socket)
        self.assertEqual(code, 0, output + errors)
        stopped = watch.await_event("reply", phase="dropped", reply=1)
        silent = watch.await_event(
            "room", phase="loudspeaker_silent", after=watch.events.index(stopped) - 2)
        self.assertLess(int(silent["at_ms"]) - int(stopped["at_ms"]), 100)
        self.check_next_works(watch)


if __name__ == "__main__":
    unittest.main()
