"""What the daemon keeps from one start to the next, and what it does with what others left there."""

import os

import opus
from trouble import TroubleTest, answer

USED = "echo path of an earlier run is used"
NOT_USED = "echo path of an earlier run is not used"
NOT_KEPT = "echo path is not kept"


class TheEchosPath(TroubleTest):
    def setUp(self):
        super().setUp()
        self.state = self.bench.folder / "state"
        self.state.mkdir()
        self.file = self.state / "echo-path"

    def hear_a_reply(self, **room):
        """Runs a daemon through one reply of six seconds and returns its log."""
        packets = opus.babble(6_000)

        def serve(connection, number):
            connection.welcome()
            answer(connection, connection.receive_json("turn.commit")["turn"], 1, packets)
            connection.listen()

        agent = self.fake(serve)
        watch = self.start(
            agent.port, "wait 1 s", "say what are your opening hours",
            "await silence within 60 s", device={"state": self.state},
            interrupt={"enabled": "no"}, room=room)
        watch.await_event("reply", phase="drained")
        self.facts = self.bench.status()
        watch.close()
        self.assertEqual(self.daemon.stop(), 0)
        return self.daemon.output

    def test_it_is_used_by_the_next_start_of_the_same_card_only(self):
        self.assertNotIn("echo path", self.hear_a_reply())
        self.assertEqual(self.facts["echo_path"], "new")
        self.assertTrue(12_000 < self.file.stat().st_size < 14_000)
        self.assertIn(USED, self.hear_a_reply())
        self.assertEqual(self.facts["echo_path"], "of an earlier run")
        log = self.hear_a_reply(echo_delay="90 ms")
        self.assertRegex(log, NOT_USED + ".*another sound card")
        self.assertEqual(log.count("echo path"), 1, log)
        self.assertEqual(sorted(os.listdir(self.state)), ["clock", "echo-path"])

    def test_a_damaged_one_is_told_once_and_replaced(self):
        self.file.write_bytes(b"AurEcho1" + bytes(500))
        self.assertEqual(self.hear_a_reply().count(NOT_USED), 1)
        good = self.file.read_bytes()
        self.file.write_bytes(good[:9_000] + bytes([good[9_000] ^ 4]) + good[9_001:])
        self.assertRegex(self.hear_a_reply(), NOT_USED + ".*sum")
        self.assertIn(USED, self.hear_a_reply())

    def test_a_folder_that_cannot_be_written_is_told_once_and_it_talks(self):
        self.state.rmdir()
        self.state.write_text("")
        self.assertEqual(self.hear_a_reply().count(NOT_KEPT), 1)
