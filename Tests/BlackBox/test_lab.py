"""The sound lab itself, seen by alsa-utils and libasound: what other tests rest on is right."""

import array
import cmath
import errno
import math
import shutil
import signal
import sys
import time
import unittest
from pathlib import Path

import answers
import cards
from mixers import Choice, Switch, Volume
from programs import SECONDS, BlackBoxTest, Gone

RATE = 48_000
USB = {"id": "Device", "usb": "1-1.2", "vendor": "2886", "product": "0018", "serial": "0042", "maker": "Seeed"}

# Reads an input device as a program would, and says what it sees.
READER = """
import fcntl, os, select, struct
device = os.open("/dev/input/event0", os.O_RDONLY | os.O_NONBLOCK)
def ask(number, size):
    answer = bytearray(size)
    return answer[:fcntl.ioctl(device, 2 << 30 | size << 16 | ord("E") << 8 | number, answer)]
keys = ask(0x21, 96)
print(ask(0x06, 64)[:-1].decode(), "keys=" + ",".join(str(key) for key in range(768) if keys[key // 8] >> key % 8 & 1),
      "switches=%x" % int.from_bytes(ask(0x1b, 8), "little"))
while True:
    wait = select.poll()
    wait.register(device, select.POLLIN)
    wait.poll()
    try:
        data = os.read(device, 24 * 16)
    except OSError as error:
        print(error)
        break
    for _, _, *event in struct.iter_unpack("@llHHi", data):
        print(*event)
"""


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

    def run_text(self, *arguments, input=""):
        done = self.lab.run(*arguments, input=input.encode())
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

    def record(self, seconds, *options, device="hw:CARD=Device"):
        """What arecord hears, as raw bytes."""
        path = self.bench.folder / "recorded.raw"
        code, text = self.run_text(
            "arecord", "-q", "-D", device, "-t", "raw", "-f", "S16_LE", "-r", RATE, "-s", int(seconds * RATE),
            *options, path)
        self.assertEqual(code, 0, text)
        return path.read_bytes()

    def test_whoever_speaks_in_the_room_is_heard_at_that_moment(self):
        card = self.lab.add(**USB, capture={"noise": -90.0, "channels": (1, 2)})
        start, _ = self.lab.say((16_000, burst(16_000, 1_000, 0.1, 0.05)), after=0.3, gain=-6.0)
        heard = array.array("h", self.record(0.6, "-c", 2))
        expected = card.heard().frame_at(start + 1e8)
        at, level = find_burst(heard[::2], RATE, 1_000, expected, 0.05)
        self.assertAlmostEqual(at, expected, delta=0.02)
        self.assertAlmostEqual(20 * math.log10(level / 8_000), -6.0, delta=0.05)

    def test_formats_carry_the_same_sound(self):
        card = self.lab.add(**USB, capture={"noise": -200.0, "formats": ["S16_LE", "S24_LE", "S24_3LE", "S32_LE"]})
        card.page["mic_offset"] = 4_096
        for name, frame in (("S16_LE", b"\0\x10"), ("S24_LE", b"\0\0\x10\0"), ("S24_3LE", b"\0\0\x10"),
                            ("S32_LE", b"\0\0\0\x10")):
            with self.subTest(format=name):
                self.assertEqual(self.record(0.02, "-f", name)[:len(frame)], frame)

    def test_what_is_played_is_written_down_whatever_its_format(self):
        card = self.lab.add(**USB, playback={"channels": 2, "formats": ["S16_LE", "S24_3LE"]})
        path = self.bench.folder / "sound.raw"
        for name, sample in (("S16_LE", b"\x34\x12\xff\xff"), ("S24_3LE", b"\0\x34\x12\0\xff\xff")):
            with self.subTest(format=name):
                path.write_bytes(sample * 4_800)
                code, text = self.run_text("aplay", "-q", "-D", "hw:CARD=Device", "-t", "raw", "-f", name, "-c", 2,
                                           "-r", RATE, *(["-M"] if name == "S16_LE" else []), path)
                self.assertEqual(code, 0, text)
                run = card.played()
                self.assertEqual((run.rate, run.channels), (RATE, 2))
                self.assertEqual(set(run.channel(0)[:4_800]), {0x1234})
                self.assertEqual(set(run.channel(1)[:4_800]), {-1})

    def test_a_microphone_is_broken_in_every_way(self):
        card = self.lab.add(**USB, capture={"noise": -20.0, "channels": 2, "ears": ["room", "room:0.1"]})

        def levels():
            heard = array.array("h", self.record(0.1, "-c", 2))
            return [(sum(one * one for one in heard[side::2]) / (len(heard) // 2)) ** 0.5 for side in (0, 1)]

        def broken(**words):
            for name, value in words.items():
                card.page[name] = value
            found = levels()
            for name in words:
                card.page[name] = 0
            return found

        first, second = levels()
        self.assertAlmostEqual(first, 3_277, delta=200)
        self.assertAlmostEqual(second, 328, delta=20)
        self.assertEqual(broken(mic_silent=1), [0, 0])
        self.assertEqual(broken(mic_dead=2)[1], 0)
        self.assertAlmostEqual(broken(mic_swap=1)[1], 3_277, delta=200)
        self.assertLess(broken(mic_clip=1_000)[0], 1_000)
        self.assertAlmostEqual(broken(noise=-4_000)[0], 328, delta=20)
        self.assertAlmostEqual(broken(mic_silent=1, mic_offset=500)[0], 500, delta=1)

    def test_a_card_counts_as_its_clock_runs(self):
        card = self.lab.add(**USB, capture={})
        card.set_rate(44_100)
        self.record(0.5)
        (_, _, pace), = card.heard().spells
        self.assertEqual(pace, 44_100)
        card.set_rate(0)
        card.set_ppm(-80)
        self.record(0.1)
        self.assertAlmostEqual(card.heard().spells[0][2], RATE * (1 - 80e-6), places=3)

    def test_a_suspended_card_is_started_again(self):
        card = self.lab.add(**USB, capture={})
        recorder = self.bench.start(
            ["arecord", "-v", "-D", "hw:CARD=Device", "-f", "S16_LE", "-r", RATE, "/dev/null"], "arecord",
            self.lab.environment)
        self.await_true(lambda: card.page["capture_frames"] > 0)
        card.suspend()
        recorder.await_line("Suspended. Trying resume. Failed. Restarting stream. Done")
        self.await_true(lambda: card.state("capture") == "running")

    def test_a_stuck_card_says_nothing_at_all(self):
        card = self.lab.add(**USB, playback={"channels": 1}, capture={})
        card.stick()
        played, recorded = self.bench.folder / "played.raw", self.bench.folder / "recorded.raw"
        played.write_bytes(b"")
        code, text = self.run_text(sys.executable, Path(__file__).with_name("duplex.py"), "hw:CARD=Device",
                                   "hw:CARD=Device", RATE, 4_800, played, recorded)
        self.assertIn("nothing came", text)

    def test_errors_that_are_planted_come_as_often_as_was_said(self):
        card = self.lab.add(**USB, capture={})
        card.fail("open", errno.EIO)
        self.assertIn("Input/output error", self.run_text("arecord", "-D", "hw:CARD=Device", "/dev/null")[1])
        card.fail("open", 0)
        card.fail("read", errno.EIO, times=1)
        code, text = self.run_text("arecord", "-D", "hw:CARD=Device", "-f", "S16_LE", "-r", RATE, "-d", 1, "/dev/null")
        self.assertIn("read error: Input/output error", text)
        self.record(0.05)

    def test_a_node_that_nobody_may_open_yet_is_opened_once_it_is_dressed(self):
        card = self.lab.add(**USB, capture={}, plugged=False)
        card.plug(number=0, mode=0)
        self.assertEqual(self.run_text("arecord", "-D", "hw:0", "/dev/null")[0], 1)
        card.dress()
        self.record(0.05)

    def test_a_program_that_watches_the_mixer_is_told(self):
        card = self.lab.add(number=0, **USB, mixer=[Volume("PCM Playback")], playback={})
        monitor = self.bench.start(
            ["stdbuf", "-oL", "amixer", "-c", "0", "events"], "amixer", self.lab.environment)
        deadline = time.monotonic() + SECONDS
        # It does not say when it has begun to watch.
        while "PCM Playback Volume" not in monitor.output and time.monotonic() < deadline:
            card.mixer["PCM Playback Volume"] = card.mixer["PCM Playback Volume"] ^ 1
            time.sleep(0.02)
        self.assertIn("PCM Playback Volume", monitor.output)

    def test_a_hardware_volume_is_heard(self):
        card = self.lab.add(**USB, playback={"channels": 1}, capture={"noise": -90.0},
                            mixer=[Volume("PCM Playback", 40, (-40.0, 0.0), value=20)])
        card.hears(card)
        heard = self.duplex("hw:CARD=Device", "hw:CARD=Device", burst(RATE, 1_000, 0.1, 0.05), RATE // 4)
        expected = card.heard().frame_at(card.played().time_of(0.1 * RATE))
        self.assertAlmostEqual(
            20 * math.log10(find_burst(heard, RATE, 1_000, expected, 0.05)[1] / 8_000), -20.0, delta=0.05)

    def test_what_is_taken_back_in_time_is_never_played(self):
        card = self.lab.add(**USB, playback={"channels": 1})
        code, text = self.run_text(
            sys.executable, Path(__file__).with_name("rewinding.py"), "hw:CARD=Device", RATE, 480, 40)
        self.assertEqual(code, 0, text)
        written, back = map(int, text.split())
        loud = [index for index, sample in enumerate(card.played().channel()) if sample]
        self.assertEqual(loud, list(range(written - back)))
        self.assertEqual(card.page["rewinds"], back)
        self.assertGreater(back, 0)
        # Three transfers of 5 ms are what snd-usb-audio keeps under way with periods of 10 ms.
        self.assertGreaterEqual(written - back, 3 * RATE // 200)

    def test_the_lab_answers_as_a_real_kernel_did(self):
        self.assertEqual(
            answers.comparable(answers.ask_lab(self.lab, self.bench.folder)),
            answers.comparable(answers.ANSWERS.read_text()))

    def test_buttons_are_pressed_until_they_are_pulled_out(self):
        buttons = self.lab.add_buttons(keys=["KEY_MUTE"], switches=["SW_MUTE_DEVICE"])
        buttons.switch("SW_MUTE_DEVICE", True)
        reader = self.bench.start([sys.executable, "-u", "-c", READER], "reader", self.lab.environment)
        reader.await_line("gpio-keys keys=113 switches=4000")
        buttons.press("KEY_MUTE")
        reader.await_line("1 113 1")
        reader.await_line("1 113 0")
        buttons.switch("SW_MUTE_DEVICE", False)
        reader.await_line("5 14 0")
        buttons.unplug()
        reader.await_line("No such device")

    def test_lights_do_what_the_kernel_does_with_them(self):
        light = self.lab.add_light("status", most=10)
        folder = "/sys/class/leds/status"
        for attribute, text in (("brightness", "255"), ("trigger", "timer"), ("delay_on", "100")):
            self.assertEqual(self.run_text("dd", f"of={folder}/{attribute}", "status=none", input=text), (0, ""))
        self.assertEqual((light.level, light.trigger, light.read("delay_on")), (10, "timer", "100"))
        for attribute, text in (("trigger", "disco"), ("brightness", "-1"), ("brightness", "x"), ("delay_on", "x")):
            self.assertIn("Invalid argument", self.run_text("dd", f"of={folder}/{attribute}", input=text)[1])
        self.run_text("dd", f"of={folder}/brightness", input="0")
        self.assertEqual((light.level, light.trigger), (0, "none"))
        self.run_text("dd", f"of={folder}/trigger", input="pattern")
        self.assertIn("Invalid argument", self.run_text("dd", f"of={folder}/pattern", input="11 500 0 500")[1])
        self.assertEqual(self.run_text("dd", f"of={folder}/pattern", "status=none", input="10 500 0 500"), (0, ""))
        self.assertEqual(light.read("pattern"), "10 500 0 500")
        self.assertEqual([line[1:] for line in light.diary()][:2], [("brightness", "255"), ("trigger", "timer")])

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
