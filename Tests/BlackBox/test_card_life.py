"""The daemon on cards of the sound lab: hear, speak, be pulled, stumble, come back."""

import unittest

import cards
import opus
from programs import BlackBoxTest
from trouble import answering
from websocket import FakeAgent

USB = {"id": "Device", "usb": "1-1.2", "vendor": "2886", "product": "0018", "serial": "0042", "maker": "Seeed"}
# How soon a card that is back is in use: it is looked for every two seconds at last.
AGAIN_SECONDS = 20


def loudness(samples, rate):
    """The root of the mean square of each tenth of a second."""
    count = rate // 10
    return [(sum(sample * sample for sample in samples[start:start + count]) / count) ** 0.5
            for start in range(0, len(samples) - count, count)]


@unittest.skipUnless(cards.has_lab(), "gcc is missing, or an emulator runs the programs")
class CardLifeTest(BlackBoxTest):
    def setUp(self):
        super().setUp()
        self.lab = cards.Lab(self.bench)
        self.card = self.lab.add(number=1, **USB, playback={"channels": 2}, capture={"channels": 1})
        self.card.hears(self.card, delay_ms=5.0, gain=-26.0)

    def agent(self, seconds=2):
        serve = answering(opus.tone(seconds * 1_000))
        agent = FakeAgent(*self.bench.certificates.server(), serve)
        self.addCleanup(agent.close)
        return agent

    def start(self, seconds=2, **alsa):
        self.daemon = self.bench.daemon(
            self.bench.usual(
                self.agent(seconds).port, sound={"card": "alsa"},
                alsa={"microphone": "plughw:CARD=Device", "loudspeaker": "plughw:CARD=Device", **alsa},
                interrupt={"enabled": "no"}),
            environment=self.lab.environment)
        watch = self.bench.watch()
        watch.await_event("state", state="idle")
        return watch

    def converse(self, watch):
        after = len(watch.events)
        self.lab.say(self.bench.voice("what are your opening hours"))
        for state in ("listening", "thinking", "speaking"):
            event = watch.await_event("state", state=state, after=after)
            after = watch.events.index(event, after) + 1
        watch.await_event("reply", phase="drained", after=after)
        watch.await_event("state", state="idle", after=after)

    def test_speech_in_the_room_is_heard_and_the_answer_comes_out_of_the_loudspeaker(self):
        watch = self.start()
        self.converse(watch)
        played = self.card.played()
        loud = sum(level > 100 for level in loudness(played.channel(), played.rate))
        self.assertTrue(17 <= loud <= 25, loud)
        self.assertEqual(self.card.page["capture_xruns"], 0)
        # A busy machine may be late now and then; a queue that is too short is so all the time.
        self.assertLess(self.card.page["playback_xruns"], 5)
        self.assertEqual(self.daemon.stop(), 0)

    def test_a_card_that_is_pulled_is_a_fault_until_it_is_back_under_another_number(self):
        watch = self.start()
        after = len(watch.events)
        self.card.unplug()
        watch.await_event("sound", phase="failed", after=after)
        watch.await_event("state", state="fault", reason="sound-lost", after=after)
        after = len(watch.events)
        self.card.plug(number=4)
        watch.await_event("sound", seconds=AGAIN_SECONDS, phase="opened", after=after)
        watch.await_event("state", state="idle", after=after)
        self.converse(watch)


if __name__ == "__main__":
    unittest.main()
