"""ALSA's own plugins between the daemon and a card of the lab: `file` in odd shapes, and `null`."""

import time
import unittest

import cards
from card_stage import CardStage, pitch_of
from following import is_event
from programs import PATIENCE
from together import Together


def first_channel(path, channels, sample_bytes):
    """What a raw file of little-endian integers holds, in samples of 16 bits."""
    data, step = path.read_bytes(), channels * sample_bytes
    return [int.from_bytes(data[place + sample_bytes - 2:place + sample_bytes], "little", signed=True)
            for place in range(0, len(data) - step + 1, step)]


@unittest.skipUnless(cards.has_lab(), "gcc is missing, or an emulator runs the programs")
class Plugins(Together):
    def begin(self, stage, plugin, half="loudspeaker", **shape):
        """A daemon of which one half is a plugin of ALSA's; the other is the card's own."""
        here = CardStage(stage, playback=shape, capture=shape)
        path = stage.bench.folder / "asound.conf"
        path.write_text(f"</usr/share/alsa/alsa.conf>\npcm.odd {{ {plugin} }}\n")
        here.lab.configuration = path
        here.start(alsa={half: "odd"})
        if half == "loudspeaker":
            here.await_idle()
        return here

    def file(self, stage, rate, channels, format, sample_bytes):
        path = stage.bench.folder / "played"
        here = self.begin(
            stage, f'type file slave.pcm "hw:CARD=Device" file "{path}" format raw',
            rates=[rate], channels=channels, formats=[format])
        here.check_heard(here.converse())
        status = stage.bench.status()
        self.assertIn(f"{rate / 1000:g} kHz", status["loudspeaker"])
        self.assertEqual(status["fault"], "")
        # What went through is what came out of the card, and both are the answer.
        here.check_spoken()
        self.assertEqual(stage.program.stop(), 0)
        stage.program = None
        pitch, loudest = pitch_of(first_channel(path, channels, sample_bytes), rate)
        self.assertLess(abs(pitch - 440), 4.4)
        self.assertTrue(4_000 < loudest < 20_000, loudest)

    def play_packed_24_bit_of_eight_channels_at_44100_hz_through_file(self, stage):
        self.file(stage, 44_100, 8, "S24_3LE", 3)

    def play_32_bit_of_three_channels_at_96_khz_through_file(self, stage):
        self.file(stage, 96_000, 3, "S32_LE", 4)

    def play_a_microphone_without_a_clock_is_told(self, stage):
        here = self.begin(stage, "type null", rates=[48_000], channels=2, half="microphone")
        begin, frames = time.monotonic(), int(stage.bench.status()["frames"])
        failed = here.follower.await_(is_event("sound", phase="failed", half="microphone"), "fault")
        self.assertIn("faster than time", failed.event["reason"])
        time.sleep(3)  # What is tested is what happens meanwhile.
        # Two seconds of it are heard before that is clear, and it is tried ever more seldom.
        passed = int(stage.bench.status()["frames"]) - frames
        self.assertLess(passed, (time.monotonic() - begin) * 100 + 3_000)

    def play_a_loudspeaker_that_swallows_everything_at_once(self, stage):
        here = self.begin(stage, "type null", rates=[48_000], channels=2)
        begin, frames = time.monotonic(), int(stage.bench.status()["frames"])
        for turn in (1, 2):
            here.check_heard(here.converse(turn))
        passed = int(stage.bench.status()["frames"]) - frames
        # The microphone is the clock, whatever the loudspeaker takes.
        self.assertLess(abs(passed - (time.monotonic() - begin) * 100), 100 * PATIENCE)
        self.assertEqual(stage.bench.status()["fault"], "")


if __name__ == "__main__":
    unittest.main()
