"""Faults that are planted in the sound lab: `auricle check` names each of them, and only it."""

import functools
import hashlib
import os
import shutil
import subprocess
import tarfile
import unittest
from collections import namedtuple
from datetime import datetime, timedelta, timezone
from pathlib import Path

import cards
import netns
from check_stage import PHONE, SHAPE, Board
from checking import BAD_SETTINGS, GOOD, REMARK, UNREACHABLE, WRONG
from mixers import Volume
from programs import false_clock, has_false_clock
from together import Together

# Where it must be named and how, what must be said of it, and how the command must end.
Fault = namedtuple("Fault", "title part code ending says with_sound needs plant")
FAULTS = []
ROOT = Path(__file__).resolve().parents[2]


def fault(part, code, ending=WRONG, says="", sound=False, needs=None):
    """What the function plants, and its name says."""
    def note(plant):
        FAULTS.append(Fault(plant.__name__, part, code, ending, says, sound, needs, plant))
        return plant
    return note


acoustic = functools.partial(fault, sound=True)


# The ten that were promised.

@acoustic("card", "other-card", REMARK, says=r"seeed-2mic-voicecard.*installed with Speak 510")
def wrong_card(board):
    board.install()
    board.phone.unplug()
    hat = board.lab.add(
        id="seeed2micvoicec", name="seeed-2mic-voicecard", device="soc:sound", driver="simple-card",
        playback={"rates": [16_000], "channels": 1}, capture={"rates": [16_000], "channels": 1})
    board.hear(hat)
    hat.unplug()
    after = board.follower.mark()
    hat.plug()
    board.await_("sound", phase="opened", half="loudspeaker", after=after)


@acoustic("microphone", "silent-microphone", says="zeros")
def silent_microphone(board):
    board.plug().page["mic_silent"] = 1


@acoustic("loudspeaker", "no-echo-path", says="does not hear it")
def no_echo_path(board):
    board.plug().page["echo_off"] = 1


@acoustic("loudspeaker", "swapped-channels", says="by wire")
def swapped_channels(board):
    # The card's loopback is its second channel, and where it is exchanged the microphone is.
    board.capture |= {"channels": 2, "ears": ["room", "loopback:0.3"]}
    board.settings["alsa"] |= {"microphone_channel": 1, "reference_channel": 2}
    board.plug().page["mic_swap"] = 1


@acoustic("microphone", "clipping-microphone", says="clips")
def clipping(board):
    page = board.plug().page
    page["echo_gain"], page["mic_clip"] = 3_600, 12_000


@acoustic("drift", "drift", says=r"loudspeaker's clock is 1[12]\d\d ppm faster")
def drift(board):
    board.plug().set_ppm(0, playback=1_200)


@fault("card", "busy-card", says=r"in use by \S+ \(process \d+\)")
def busy_device(board):
    board.plug().hold(os.getpid())
    board.start(connected=False)
    board.await_("link", phase="open")


@fault("clock", "wrong-clock", says="ahead of the agent's", needs=has_false_clock)
def wrong_clock(board):
    move_clock(board, datetime.now(timezone.utc) + timedelta(days=3))


@fault("certificate", "expired-certificate", says="expired")
def expired_certificate(board):
    board.certificate = board.bench.certificates.server("expired", days=-1)
    board.without_agent()


@fault("agent", "no-agent", says="refused")
def no_agent(board):
    board.nobody()


# More of the sound.

@acoustic("microphone", "dc-microphone", says="constant voltage")
def only_direct_current(board):
    page = board.plug().page
    page["echo_off"], page["mic_offset"], page["noise"] = 1, 3_000, -9_300


@acoustic("microphone", "stuck-microphone", says="same sample")
def stuck_microphone(board):
    page = board.plug().page
    page["mic_silent"], page["mic_offset"] = 1, 1_200


@acoustic("microphone", "noisy-microphone", REMARK, says="noise")
def noisy_place(board):
    page = board.plug().page
    page["noise"], page["echo_gain"] = -4_000, 1_200


@acoustic("loudspeaker", "faint-loudspeaker", REMARK, says="only")
def loudspeaker_too_quiet(board):
    page = board.plug().page
    page["echo_gain"], page["noise"] = -2_000, -7_000


@acoustic("loudspeaker", "quieter-loudspeaker", REMARK, says="6 dB quieter than on")
def loudspeaker_behind_a_curtain(board):
    board.plug()
    board.install()
    board.phone.page["echo_gain"] = -600


@acoustic("loudspeaker", "distorting-loudspeaker", says="distortion")
def loudspeaker_that_rattles(board):
    board.plug().page["echo_clip"] = 1_600


@acoustic("delay", "long-delay", says="the echo canceller reaches")
def wireless_loudspeaker(board):
    board.plug().page["echo_delay"] = 340_000_000


@acoustic("drift", "drift", REMARK, says=r"loudspeaker's clock is 4[23]\d ppm faster")
def quartz_that_is_off(board):
    board.plug().set_ppm(0, playback=430)


@acoustic("loudspeaker", "no-echo-path", says="does not hear it")
def no_echo_path_between_two_cards(board):
    # A card cancels what it plays itself, and nothing that another one plays.
    board.settings["alsa"] |= {
        "cancels_echo": "yes", "microphone": "card:Ear", "loudspeaker": "card:Device"}
    board.plug()
    board.lab.add(id="Ear", usb="1-1.3", vendor="2886", product="0018", capture=dict(SHAPE)).page["log_off"] = 1


@acoustic("drift", "wrong-rate", says="a card's rate is not what it claims")
def rate_that_is_not_what_it_claims(board):
    board.plug().set_rate(16_000, playback=15_950)


@fault("card", "no-card", says="no sound card|card is gone")
def card_gone(board):
    board.start()
    after = board.follower.mark()
    board.phone.unplug()
    board.await_("state", state="fault", after=after)


@fault("sound", "muted", REMARK, says="muted", sound=True)
def muted(board):
    board.start()
    assert board.auricle("mute", "on").returncode == GOOD


# More of the way to the agent.

@fault("agent", "unknown-agent-name", says="name not found", needs=lambda: not netns.missing())
def unknown_name(board):
    board.network = board.stage.network()
    board.network.resolve(nsswitch_conf="hosts: files\n")
    board.settings["agent"] = {"url": "wss://agent.example/auricle"}
    board.nobody()


@fault("certificate", "wrong-name", says="another name")
def certificate_of_another_host(board):
    board.certificate = board.bench.certificates.server("other", names="DNS:elsewhere", days=90)
    board.without_agent()


@fault("certificate", "unknown-authority")
def unknown_authority(board):
    board.settings["agent"] = {"ca_file": board.bench.certificates.other_authority()}
    board.without_agent()


@fault("certificate", "self-signed")
def self_signed_certificate(board):
    board.certificate = board.bench.certificates.self_signed()
    board.without_agent()


@fault("certificate", "certificate-ends-soon", REMARK, says="in [89] days")
def certificate_soon_out(board):
    board.certificate = board.bench.certificates.server(days=9)


@fault("own cert", "expired-own-certificate", says="ran out")
def own_certificate_expired(board):
    certificate, key = board.bench.certificates.server("kiosk-7", names="DNS:kiosk-7", days=-1)
    board.settings["device"] = {"certificate": certificate, "key": key}


@fault("token", "token")
def token_refused(board):
    devices = board.bench.folder / "devices"
    devices.write_text(f"kiosk-7 {hashlib.sha256(b'a' * 40).hexdigest()}\n")
    board.options = ["--devices", devices]
    board.without_agent()


# More of the board.

def move_clock(board, moment):
    preloads = [false_clock(board.bench.folder, moment), board.environment]
    board.environment = {
        **preloads[0], **preloads[1], "LD_PRELOAD": ":".join(one["LD_PRELOAD"] for one in preloads)}


@fault("clock", "wrong-clock", says="1970-01-01", needs=has_false_clock)
def clock_of_1970(board):
    # The agent's certificate is not valid yet, which is the clock's fault.
    move_clock(board, datetime(1970, 1, 1, 0, 5, tzinfo=timezone.utc))
    board.without_agent()


def may_mount():
    return subprocess.run(
        ["unshare", "-m", "mount", "-t", "tmpfs", "auricle-test", "/mnt"], capture_output=True).returncode == 0


@fault("disk", "full-disk", says="KiB free", needs=may_mount)
def disk_full(board):
    folder = board.bench.folder / "state"
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "auricle-test", folder], check=True)
    board.stage.rest.callback(subprocess.run, ["umount", "-l", folder], check=True)
    board.settings["device"] = {"state": folder}


@fault("disk", "unwritable-state")
def state_that_is_no_folder(board):
    board.settings["device"] = {"state": "/proc/auricle"}


@fault("temperature", "hot", says="91 degrees")
def hot(board):
    board.lab.set_temperature(91)


@fault("temperature", "under-voltage", says="too little voltage")
def weak_supply(board):
    board.lab.write("/sys/devices/platform/soc/soc:firmware/get_throttled", "50005\n")


@fault("temperature", "throttled", REMARK, says="slowed down")
def was_throttled(board):
    board.lab.set_temperature(58)
    board.lab.write("/sys/devices/platform/soc/soc:firmware/get_throttled", "60000\n")


@fault("settings", "bad-settings", BAD_SETTINGS, says=r"auricle\.conf:\d+")
def mistake_in_the_settings(board):
    board.start()
    board.config.write_text(board.config.read_text() + "[room]\nspeed = fast\n")


@fault("settings", "stale-settings", REMARK, says="speaker.volume")
def settings_not_in_force(board):
    board.start()
    text = board.config.read_text()
    board.config.write_text(text.replace("volume = 80", "volume = 30"))


@fault("daemon", "no-daemon", UNREACHABLE)
def no_daemon(board):
    board.start()
    assert board.stage.program.stop() == 0
    board.stage.program = None


@unittest.skipUnless(cards.has_lab(), "gcc is missing, or an emulator runs the programs")
class Planted(Together):
    named = []

    def play_nothing_at_all(self, stage):
        board = Board(stage)
        findings = board.check()
        self.assertEqual((findings.code, findings.codes), (GOOD, {}), findings)
        parts = [part["part"] for part in findings.answer["parts"] if part["grade"] == "good"]
        for part in ("card", "microphone", "loudspeaker", "delay", "drift", "echo", "agent", "certificate"):
            self.assertIn(part, parts)

    def play_a_speakerphone_that_cancels_its_own_echo(self, stage):
        board = Board(stage)
        board.settings["alsa"]["cancels_echo"] = "yes"
        board.plug().page["echo_off"] = 1
        findings = board.check()
        self.assertEqual((findings.code, findings.codes), (GOOD, {}), findings)
        self.assertIn("cancels its own echo", findings.parts["loudspeaker"]["says"])
        self.assertEqual(findings.parts["microphone"]["grade"], "good")
        self.assertIs(findings.measured["cancels_echo"], True)
        # It is one to be compared with.
        done = board.auricle("sound", "measure", "--accept")
        self.assertEqual(done.returncode, GOOD, done.stdout + done.stderr)
        self.assertIn("kind=installed", (board.bench.folder / "acoustics").read_text())

    def play_what_is_mailed_tells_of_the_cards_and_of_no_secret(self, stage):
        board = Board(stage)
        board.mixer = [Volume("Speaker Playback", 40, (-40.0, 0.0), value=30)]
        board.plug()
        secrets = ["Basic am9lOmNhbmFyeQ==", "Bearer canary-2", "token=canary-3", "api_key=canary-4",
                   "wss://joe:canary-5@agent.example/", "wss://agent.example?token=canary-6"]
        board.start()
        board.lab.write("/proc/asound/card1/stream0", "".join(f"note: {one}\n" for one in secrets))
        path = board.bench.folder / "bundle.tar"
        done = board.auricle("support", "--out", path)
        self.assertEqual(done.returncode, GOOD, done.stdout + done.stderr)
        with tarfile.open(path) as archive:
            files = {name.split("/", 1)[1]: archive.extractfile(name).read().decode()
                     for name in archive.getnames()}
        sound = files["sound-system.txt"]
        self.assertIn("/proc/asound/card1/pcm0c/sub0/hw_params", sound)
        self.assertIn("rate: 16000", sound)
        self.assertIn("/proc/asound/card1/pcm0p/sub0/status", sound)
        self.assertEqual(sound.count("note: "), len(secrets))
        for text in files.values():
            self.assertNotIn("canary", text)
            self.assertNotIn("am9lOm", text)
        self.assertTrue(files["kernel.txt"].strip())
        self.assertLessEqual(files["kernel.txt"].count("\n"), 400)
        if shutil.which("amixer"):
            self.assertRegex(files["mixers.txt"], r"(?s)amixer -c 1.*Speaker.*Playback 32 \[80%\]")

    def test_the_lab_has_a_speakerphone_that_the_boards_know(self):
        notes = (ROOT / "board/usb-speakerphone/auricle.conf").read_text()
        self.assertIn(f"{PHONE['vendor']}:{PHONE['product']}", notes)
        self.assertIn("cancels_echo = yes", notes)

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        left_out = [one.title for one in FAULTS if one.needs and not one.needs()]
        print(f"planted faults: {len(set(cls.named))} of {len(FAULTS)} named, and nothing else"
              + (f"; not here: {', '.join(left_out)}" if left_out else ""), flush=True)

    def judge(self, one, stage):
        if one.needs and not one.needs():
            return self.skipTest(f"{one.title} cannot be planted here")
        board = Board(stage)
        one.plant(board)
        findings = board.check(one.with_sound)
        self.assertEqual(findings.codes, {one.part: one.code}, f"{one.title}:\n{findings}")
        self.assertEqual(findings.code, one.ending, findings)
        part = findings.parts[one.part]
        self.assertRegex(part["says"], one.says or ".")
        self.assertTrue(part["advice"], part)
        self.named.append(one.title)


def play(one):
    return lambda self, stage: self.judge(one, stage)


for one in FAULTS:
    setattr(Planted, "play_" + one.title, play(one))
    setattr(Planted, "test_" + one.title, Planted._test("play_" + one.title))


if __name__ == "__main__":
    unittest.main()
