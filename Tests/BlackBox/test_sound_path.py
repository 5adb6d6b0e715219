"""The way from a decision to the air, and the clocks of both ends of it, on cards of the sound lab."""

import time
import unittest

import cards
import silencing
from card_stage import CardStage
from programs import PATIENCE
from together import Together

# From a decision to silence at the card's boundary. Without taking back it is the cushion and the fade of a frame.
MUTE_MS, MUTE_WITHOUT_MS = 12, 40
# What a USB card has under way, twelve transfers of a millisecond, is heard before the fade.
USB_MUTE_MS = 20
# How wrong a drift may be told, and how long it may take until it is known.
DRIFT_PPM, DRIFT_SECONDS = 10, 60


@unittest.skipUnless(cards.has_lab(), "gcc is missing, or an emulator runs the programs")
class Mutes(Together):
    def silence(self, stage, kind, bound):
        found = list(silencing.silences(stage, kind, 4))
        # One of them may have met a busy machine, which also makes the cushion grow.
        self.assertLess(sorted(one.ms for one in found)[2], bound * PATIENCE, found)
        self.assertLessEqual(sum(one.is_cut for one in found), 1, found)
        return found

    def play_a_usb_card_gives_back_what_it_has_not_played(self, stage):
        found = self.silence(stage, "usb", USB_MUTE_MS)
        self.assertGreaterEqual(sum(one.gave_back for one in found), 3, found)

    def play_a_codec_gives_back_what_it_has_not_played(self, stage):
        found = self.silence(stage, "codec", MUTE_MS)
        self.assertGreaterEqual(sum(one.gave_back for one in found), 3, found)

    def play_a_card_that_gives_nothing_back_has_a_short_queue(self, stage):
        self.silence(stage, "no-rewind", MUTE_WITHOUT_MS)


@unittest.skipUnless(cards.has_lab(), "gcc is missing, or an emulator runs the programs")
class Clocks(Together):
    def drift(self, stage, ppm, microphone=0):
        here = CardStage(stage, playback={"channels": 2}, capture={"channels": 1})
        here.card.hears(here.card, delay_ms=5, gain=-30)
        here.card.set_ppm(microphone, playback=microphone + ppm)
        here.start()
        here.await_idle()
        deadline = time.monotonic() + DRIFT_SECONDS * PATIENCE
        while True:
            status = stage.bench.status()
            told = status.get("drift_ppm")
            if told is not None and abs(int(told) - ppm) <= DRIFT_PPM:
                break
            self.assertLess(time.monotonic(), deadline, f"{told} instead of {ppm} ppm")
            time.sleep(0.2)
        self.assertTrue(1 <= int(status["latency_ms"]) <= 60, status)
        here.check_heard(here.converse())
        self.assertEqual(stage.bench.status()["interrupts"], "0")

    def play_a_loudspeaker_that_is_fast_is_told_in_millionths(self, stage):
        self.drift(stage, 100)

    def play_a_loudspeaker_that_is_slow_is_told_in_millionths(self, stage):
        self.drift(stage, -100)

    def play_only_the_difference_of_the_two_counts(self, stage):
        self.drift(stage, 0, microphone=150)


if __name__ == "__main__":
    unittest.main()
