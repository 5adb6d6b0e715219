"""The sound lab itself, seen by alsa-utils and libasound: what other tests rest on is right."""

import array
import cmath
import math
import shutil
import signal
import sys
import time
import unittest
from pathlib import Path

import cards
from mixers import Choice, Switch, Volume
from programs import SECONDS, BlackBoxTest, Gone

RATE = 48_000
USB = {"id": "Device", "usb": "1-1.2", "vendor": "2886", "product": "0018", "serial": "0042", "maker": "Seeed"}


def burst(rate, hertz, at, seconds, level=8_000):
    """A tone that swells and fades around a moment, so that its place is exact to far below a sample."""
    count = int(rate * (at + seconds))
    return array.array("h", (
        round(level * math.exp(-(((index / rate - at) / (seconds / 5)) ** 2))
              * math.cos(2 * math.pi * hertz * (index / rate - at)))
        for index in range(count)))


def find_burst(samples, rate, hertz, near, seconds):
    """Where the tone's middle is, in samples, by its phase; and how loud it is."""
    first, last = max(0, int(near - seconds * rate)), min(len(samples), int(near + seconds * rate))
    turn = -2j * math.pi * hertz / rate
    weights = [math.exp(-(((index - near) / (seconds / 5 * rate)) ** 2)) for index in range(first, last)]
    total = sum(samples[index] * weight * cmath.exp(turn * (index - near))
                for index, weight in zip(range(first, last), weights))
    level = 2 * abs(total) / sum(weight * weight for weight in weights)
    return near - cmath.phase(total) / (2 * math.pi * hertz) * rate, level


@unittest.skipUnless(cards.has_lab() and shutil.which("aplay"), "alsa-utils or gcc is missing; tools/setup test")
class LabTest(BlackBoxTest):
    def setUp(self):
        super().setUp()
        self.lab = cards.Lab(self.bench)

    def run_text(self, *arguments):
        done = self.lab.run(*arguments)
        return done.returncode, done.stdout.decode(errors="replace") + done.stderr.decode(errors="replace")

    def duplex(self, playback, capture, sound, frames, rate=RATE):
        played, recorded = self.bench.folder / "played.raw", self.bench.folder / "recorded.raw"
        played.write_bytes(sound.tobytes())
        code, text = self.run_text(
            sys.executable, Path(__file__).with_name("duplex.py"), playback, capture, rate, frames, played, recorded)
        self.assertEqual(code, 0, text)
        return array.array("h", recorded.read_bytes())

    def test_cards_are_listed_while_they_are_plugged_in(self):
        self.lab.add(number=2, id="Headphones", playback={"channels": 2})
        card = self.lab.add(number=1, **USB, name="ReSpeaker 4 Mic Array", playback={}, capture={"channels": 6})
        _, text = self.run_text("aplay", "-l")
        self.assertIn("card 1: Device [ReSpeaker 4 Mic Array], device 0: USB Audio", text)
        self.assertIn("card 2: Headphones [Headphones]", text)
        self.assertNotIn("Headphones", self.run_text("arecord", "-l")[1])
        card.unplug()
        self.assertNotIn("[ReSpeaker", self.run_text("aplay", "-l")[1])
        card.plug(number=5)
        self.assertIn("card 5: Device", self.run_text("aplay", "-l")[1])
        self.assertEqual((self.lab.world / "sys/class/sound/card5/device/../serial").resolve().read_text(), "0042\n")

    def test_a_loudspeaker_arrives_in_the_microphone_as_late_and_as_loud_as_was_said(self):
        card = self.lab.add(**USB, playback={"channels": 1}, capture={"noise": -90.0})
        card.hears(card, delay_ms=7.3, gain=-12.0)
        heard = self.duplex("hw:CARD=Device", "hw:CARD=Device", burst(RATE, 1_000, 0.1, 0.05), RATE // 3)
        played, clock = card.played(), card.heard()
        expected = clock.frame_at(played.time_of(0.1 * RATE) + 7.3e6)
        at, level = find_burst(heard, RATE, 1_000, expected, 0.05)
        self.assertAlmostEqual(at, expected, delta=0.01)
        self.assertAlmostEqual(20 * math.log10(level / 8_000), -12.0, delta=0.05)

    def test_two_clocks_drift_apart_as_they_were_told(self):
        # A thousandth: seen in a second, and no different from a millionth.
        speaker = self.lab.add(id="Headphones", playback={"channels": 1}, ppm=-500)
        card = self.lab.add(**USB, capture={"noise": -90.0, "hears": [{"card": speaker}]}, ppm=500)
        sound = burst(RATE, 1_000, 0.1, 0.05)
        second = burst(RATE, 1_000, 0.1, 0.05)
        sound.extend([0] * (RATE - len(sound)))
        sound.extend(second)
        heard = self.duplex("hw:CARD=Headphones", "hw:CARD=Device", sound, int(1.3 * RATE))
        expected = [card.heard().frame_at(speaker.played().time_of(frame)) for frame in (0.1 * RATE, 1.1 * RATE)]
        places = [find_burst(heard, RATE, 1_000, near, 0.05)[0] for near in expected]
        self.assertAlmostEqual(places[1] - places[0], RATE * 1.0005 / 0.9995, delta=0.02)

    def test_a_card_that_is_taken_is_busy_and_says_who_has_it(self):
        self.lab.add(number=1, **USB, playback={"channels": 1}, capture={})
        recorder = self.bench.start(
            ["arecord", "-q", "-D", "hw:CARD=Device", "-f", "S16_LE", "-r", RATE, "/dev/null"], "arecord",
            self.lab.environment)
        status = "/proc/asound/card1/pcm0c/sub0/status"
        self.await_text(lambda: self.run_text("cat", status)[1], "RUNNING|SETUP|OPEN|PREPARED")
        self.assertIn(f"owner_pid   : {recorder.identifier}\n", self.run_text("cat", status)[1])
        code, text = self.run_text("arecord", "-q", "-D", "hw:CARD=Device", "-d", "1", "/dev/null")
        self.assertIn("Device or resource busy", text)
        recorder.kill()
        self.assertEqual(self.run_text("cat", status)[1], "closed\n")

    def test_a_pulled_card_is_gone_in_the_middle_of_a_read(self):
        card = self.lab.add(**USB, capture={})
        recorder = self.bench.start(
            ["arecord", "-D", "hw:CARD=Device", "-f", "S16_LE", "-r", RATE, "/dev/null"], "arecord",
            self.lab.environment)
        self.await_true(lambda: card.page["capture_frames"] > 0)
        card.unplug()
        recorder.await_line("No such device")
        self.assertEqual(recorder.finish(), 1)

    def test_a_program_that_is_stopped_for_too_long_stumbles(self):
        card = self.lab.add(**USB, capture={})
        recorder = self.bench.start(
            ["arecord", "-D", "hw:CARD=Device", "-f", "S16_LE", "-r", RATE, "--buffer-time=100000", "/dev/null"],
            "arecord", self.lab.environment)
        self.await_true(lambda: card.page["capture_frames"] > 0)
        recorder.send(signal.SIGSTOP)
        time.sleep(0.2)  # What is tested is this very pause.
        recorder.send(signal.SIGCONT)
        recorder.await_line(r"overrun!!! \(at least .* ms long\)")
        self.assertEqual(card.page["capture_xruns"], 1)

    def test_mixer_elements_are_what_amixer_sets(self):
        card = self.lab.add(number=0, **USB, mixer=[
            Volume("PCM Playback", 60, (-60.0, 0.0), channels=2), Switch("PCM Playback"), Volume("Mic Capture"),
            Choice("Auto Gain")], playback={})
        code, text = self.run_text("amixer", "-c", "0", "sset", "PCM", "--", "-20dB,-10dB", "mute")
        self.assertEqual(code, 0, text)
        self.assertEqual(card.mixer["PCM Playback Volume"], [40, 50])
        self.assertEqual(card.mixer["PCM Playback Switch"], 0)
        card.mixer["PCM Playback Volume"] = 55
        self.assertIn("[-5.00dB]", self.run_text("amixer", "-c", "0", "sget", "PCM")[1])

    def await_text(self, ask, pattern):
        self.await_true(lambda: any(word in ask() for word in pattern.split("|")))

    def await_true(self, is_true):
        deadline = time.monotonic() + SECONDS
        while not is_true():
            if time.monotonic() > deadline:
                raise Gone("what was awaited did not come")
            time.sleep(0.01)


if __name__ == "__main__":
    unittest.main()
