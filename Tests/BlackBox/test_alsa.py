"""Real ALSA calls, into PulseAudio's null sinks: hear, speak, lose the card, find it again."""

import shutil
import signal
import time
import unittest
import wave

import opus
from programs import PATIENCE, BlackBoxTest
from soundserver import SoundServer
from trouble import answering
from websocket import FakeAgent

# How soon a card that is back is in use: it is looked for every two seconds at last.
AGAIN_SECONDS = 20


def loudness(path):
    """The root of the mean square of each tenth of a second."""
    with wave.open(str(path)) as sound:
        count = sound.getframerate() // 10
        levels = []
        while len(data := sound.readframes(count)) == 2 * count:
            samples = memoryview(data).cast("h")
            levels.append((sum(sample * sample for sample in samples) / count) ** 0.5)
        return levels


@unittest.skipUnless(shutil.which("pulseaudio"), "pulseaudio is missing; tools/setup installs it")
class ALSATest(BlackBoxTest):
    def setUp(self):
        super().setUp()
        self.sound = SoundServer(self.bench)

    def agent(self, seconds=2):
        serve = answering(opus.tone(seconds * 1_000))
        agent = FakeAgent(*self.bench.certificates.server(), serve)
        self.addCleanup(agent.close)
        return agent

    def start(self, seconds=2, interrupt=None, **alsa):
        """A daemon whose card is PulseAudio, and its watch once both card and agent are there."""
        self.daemon = self.bench.daemon(
            self.bench.usual(
                self.agent(seconds).port, sound={"card": "alsa"},
                # A null sink wakes up as seldom as it likes; real cards do better.
                alsa={"microphone": "microphone", "loudspeaker": "loudspeaker",
                      "buffer": "100 ms", **alsa},
                interrupt={"enabled": "no"} if interrupt is None else interrupt),
            environment=self.sound.environment)
        watch = self.bench.watch()
        watch.await_event("state", state="idle")
        return watch

    def converse(self, watch):
        """Somebody speaks in the room and is answered; the events of it."""
        after = len(watch.events)
        self.sound.say(self.bench.voice("what are your opening hours"))
        events = []
        for state in ("listening", "thinking", "speaking"):
            event = watch.await_event("state", state=state, after=after)
            after = watch.events.index(event, after) + 1
            events.append(event)
        watch.await_event("reply", phase="first_sound", after=after)
        watch.await_event("reply", phase="drained", after=after)
        watch.await_event("state", state="idle", after=after)
        return events

    def test_speech_in_the_room_is_heard_and_the_answer_comes_out_of_the_loudspeaker(self):
        watch = self.start()
        path = self.bench.folder / "speaker.wav"
        recorder = self.sound.record("speaker", path)
        listening, thinking, _ = self.converse(watch)
        # Roughly as long as it was spoken.
        self.assertLess(int(thinking["at_ms"]) - int(listening["at_ms"]), 6_000)
        recorder.stop(signal.SIGINT)
        levels = loudness(path)
        loud = sum(level > 100 for level in levels)
        self.assertTrue(17 <= loud <= 25, levels)
        status = self.bench.status()
        self.assertEqual((status["turns"], status["replies"]), ("1", "1"))
        self.assertIn("microphone", status["sound"])
        self.assertEqual(self.daemon.stop(), 0)

    def test_a_second_turn_is_heard_after_the_first(self):
        watch = self.start()
        self.converse(watch)
        self.converse(watch)
        status = self.bench.status()
        self.assertEqual((status["turns"], status["replies"]), ("2", "2"))

    def test_a_card_that_is_pulled_out_is_a_fault_until_it_is_back(self):
        watch = self.start()
        after = len(watch.events)
        self.sound.pull_out()
        failed = watch.await_event("sound", phase="failed", after=after)
        self.assertNotEqual(failed["advice"], "")
        watch.await_event("state", state="fault", reason="sound-lost", after=after)
        self.assertRegex(self.bench.status()["fault"], "card|aplay")
        after = len(watch.events)
        self.sound.plug_in()
        watch.await_event("sound", seconds=AGAIN_SECONDS, phase="opened", after=after)
        watch.await_event("state", state="idle", after=after)
        self.assertEqual(self.bench.status()["fault"], "")
        self.converse(watch)

    def test_a_sound_server_that_is_killed_is_found_again(self):
        watch = self.start()
        after = len(watch.events)
        self.sound.kill()
        watch.await_event("state", state="fault", after=after)
        first = int(self.bench.status()["frames"])
        watch.await_event("stats", after=len(watch.events))
        watch.await_event("stats", after=len(watch.events))
        self.assertGreater(int(self.bench.status()["frames"]), first + 50)
        after = len(watch.events)
        self.sound.start()
        watch.await_event("sound", seconds=AGAIN_SECONDS, phase="opened", after=after)
        self.converse(watch)

    def test_a_stall_of_a_second_and_a_half_is_survived_and_counted(self):
        watch = self.start()
        before = int(self.bench.status()["overruns"])
        self.daemon.send(signal.SIGSTOP)
        time.sleep(1.5)  # What is tested is this very pause.
        self.daemon.send(signal.SIGCONT)
        watch.await_event("stats", after=len(watch.events))
        watch.await_event("stats", after=len(watch.events))
        self.converse(watch)
        self.assertGreater(int(self.bench.status()["overruns"]), before)

    def test_a_loudspeaker_that_is_suspended_while_it_speaks_goes_on_after_it(self):
        watch = self.start(seconds=6)
        self.sound.say(self.bench.voice("what are your opening hours"))
        watch.await_event("reply", phase="first_sound")
        self.sound.suspend("speaker", True)
        self.check_clock(watch)
        self.sound.suspend("speaker", False)
        watch.await_event("state", state="idle", after=len(watch.events))
        path = self.bench.folder / "speaker.wav"
        recorder = self.sound.record("speaker", path)
        self.converse(watch)
        recorder.stop(signal.SIGINT)
        loud = sum(level > 100 for level in loudness(path))
        self.assertGreater(loud, 50)
        self.assertEqual(self.bench.status()["fault"], "")

    def check_clock(self, watch):
        """The sample clock goes on for three seconds of whatever it is."""
        begin, frames = time.monotonic(), int(self.bench.status()["frames"])
        time.sleep(3)  # What is tested is what happens meanwhile.
        passed = int(self.bench.status()["frames"]) - frames
        self.assertGreater(passed, (time.monotonic() - begin) * 100 - 50 * PATIENCE)

    def test_who_speaks_over_an_answer_is_heard_and_the_answer_stops(self):
        watch = self.start(seconds=20, interrupt={})
        self.sound.say(self.bench.voice("what are your opening hours"))
        watch.await_event("reply", phase="first_sound")
        # The canceller needs a moment of the answer to learn what of it comes back.
        time.sleep(3)
        after = len(watch.events)
        self.sound.say(self.bench.voice("please stop it now"))
        watch.await_event("reply", phase="dropped", after=after)

    def test_it_ends_cleanly_while_it_speaks(self):
        watch = self.start(seconds=10)
        self.sound.say(self.bench.voice("what are your opening hours"))
        watch.await_event("reply", phase="first_sound")
        self.assertEqual(self.daemon.stop(seconds=10), 0, self.daemon.output)


if __name__ == "__main__":
    unittest.main()
