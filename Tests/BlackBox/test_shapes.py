"""Cards of any shape: each hears what is said and speaks at the right pitch."""

import unittest

import cards
from card_stage import CardStage
from following import is_event
from together import Together


@unittest.skipUnless(cards.has_lab(), "gcc is missing, or an emulator runs the programs")
class Shapes(Together):
    def converse(self, stage, playback, capture, shown, *, spoken=None, **alsa):
        """`shown` is in the names of microphone and loudspeaker."""
        here = CardStage(stage, playback=playback, capture=capture)
        here.card.hears(here.card, delay_ms=5, gain=-30)
        here.start(alsa=alsa)
        here.await_idle()
        turn = here.converse()
        here.check_heard(turn)
        here.check_spoken(**(spoken or {}))
        status = stage.bench.status()
        self.assertIn(shown[0], status["microphone"])
        self.assertIn(shown[1], status["loudspeaker"])
        self.assertEqual(status["fault"], "")

    def shape(self, stage, rate, channels, format, shown, **alsa):
        shape = {"rates": [rate], "channels": channels, "formats": [format]}
        self.converse(stage, shape, shape, (shown, shown), **alsa)

    def play_our_own_shape(self, stage):
        self.shape(stage, 16_000, 1, "S16_LE", "16 kHz, mono, 16 bit")

    def play_48_khz_stereo(self, stage):
        self.shape(stage, 48_000, 2, "S16_LE", "48 kHz, 2 channels, 16 bit")

    def play_8_khz(self, stage):
        self.shape(stage, 8_000, 1, "S16_LE", "8 kHz, mono")

    def play_11025_hz_whose_ten_milliseconds_are_no_whole_number(self, stage):
        self.shape(stage, 11_025, 2, "S16_LE", "11.025 kHz")

    def play_22050_hz_packed_24_bit(self, stage):
        self.shape(stage, 22_050, 1, "S24_3LE", "22.05 kHz, mono, 24 bit")

    def play_44100_hz_24_bit_in_four_bytes(self, stage):
        self.shape(stage, 44_100, 2, "S24_LE", "44.1 kHz, 2 channels, 24 bit")

    def play_96_khz_32_bit_of_eight_channels(self, stage):
        self.shape(stage, 96_000, 8, "S32_LE", "96 kHz, 8 channels, 32 bit")

    def play_32_khz_float(self, stage):
        self.shape(stage, 32_000, 2, "FLOAT_LE", "32 kHz, 2 channels, float")

    def play_microphone_and_loudspeaker_of_different_shapes(self, stage):
        self.converse(
            stage, {"rates": [48_000], "channels": 2, "formats": ["S16_LE"]},
            {"rates": [16_000], "channels": 6, "formats": ["S24_3LE"]},
            ("16 kHz, 6 channels, 24 bit", "48 kHz, 2 channels, 16 bit"))

    def play_a_rate_that_is_set(self, stage):
        shape = {"rates": [16_000, 32_000, 48_000], "channels": (1, 2)}
        self.converse(stage, shape, shape, ("32 kHz", "32 kHz"), rate=32_000)

    def play_one_channel_of_four_hears_and_another_speaks(self, stage):
        self.converse(
            stage, {"rates": [48_000], "channels": 4},
            {"rates": [48_000], "channels": 4, "ears": ["none", "none", "room", "none"]},
            ("4 channels", "4 channels"), spoken={"channel": 1, "silent": (0, 2, 3)},
            microphone_channel=3, loudspeaker_channel=2)

    def play_a_card_whose_rates_nobody_expects(self, stage):
        shape = {"rates": [47_250], "channels": 2}
        self.converse(stage, shape, shape, ("47.25 kHz", "47.25 kHz"))

    def play_a_buffer_that_is_too_short_is_told(self, stage):
        shape = {"rates": [48_000], "buffer": (2, 960)}
        here = CardStage(stage, playback=shape, capture=shape)
        here.start()
        here.follower.await_(is_event("state", state="fault"), "fault")
        self.assertRegex(stage.bench.status()["fault"], "buffer of 25 ms.*holds 20 ms.*another card")

    def play_a_card_that_takes_few_periods_gets_longer_ones(self, stage):
        shape = {"rates": [48_000], "periods": (2, 8)}
        self.converse(stage, shape, shape, ("48 kHz", "48 kHz"))

    def play_a_card_behind_alsas_own_conversion_does_not_run_dry(self, stage):
        here = CardStage(stage, playback={"channels": 2}, capture={"channels": 1})
        here.card.hears(here.card, delay_ms=5, gain=-30)
        here.start(alsa={"loudspeaker": "plughw:CARD=Device"})
        here.await_idle()
        here.check_heard(here.converse())
        here.check_spoken()
        # A busy machine may be late now and then; a queue that is too short is so all the time.
        self.assertLess(here.card.page["playback_xruns"], 5)

    def play_what_the_card_has_not_is_told_with_the_setting(self, stage):
        here = CardStage(stage, playback={}, capture={"channels": 2})
        here.start(alsa={"microphone_channel": 5})
        here.follower.await_(is_event("state", state="fault"), "fault")
        self.assertRegex(stage.bench.status()["fault"], "5 channels.*[[]alsa[]]")


if __name__ == "__main__":
    unittest.main()
