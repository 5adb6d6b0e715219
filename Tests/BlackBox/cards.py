"""Sound cards of our own: the kernel's sound, played by a library that is preloaded (lab/).

A `Lab` is a world in a folder: what the kernel would show under /dev/snd, /proc/asound and /sys. The
programs that get its environment see that world and nothing else of the kernel's sound. Cards are
plugged, broken and pulled while they run. docs/TESTING.md says where it is not like a kernel.
"""

import array
import hashlib
import mmap
import os
import re
import shutil
import subprocess
import sys
import threading
import time
import wave
from pathlib import Path

import sysfs
from inputs import Buttons, Light
from mixers import Mixer

LIBRARY = Path(__file__).with_name("lab")
BUILT = Path(__file__).resolve().parents[2] / "build" / "lab"
NANO = 1_000_000_000

# Numbers of the ALSA interface.
INFO = {
    "mmap": 0x1 | 0x2, "batch": 0x10, "interleaved": 0x100, "block": 0x10000, "resume": 0x40000,
    "pause": 0x80000, "no_rewinds": 0x20000000,
}
STATES = ["open", "setup", "prepared", "running", "xrun", "draining", "paused", "suspended", "disconnected"]
FIELDS = re.findall(r"^FIELD\((\w+)\)", (LIBRARY / "fields.h").read_text(), re.MULTILINE)
PAGE_WORDS = 512
TALKERS, TALKER_WORDS = 8, 8


def has_lab():
    """Whether programs can be put into a lab: not under an emulator, which calls the kernel itself."""
    return not os.environ.get("AURICLE_RUN") and shutil.which("gcc") is not None


def library():
    """The preloaded library, built at first use."""
    sources = sorted(LIBRARY.glob("*.[ch]"))
    mark = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:12]
    path = BUILT / f"lab-{mark}.so"
    if not path.exists():
        BUILT.mkdir(parents=True, exist_ok=True)
        # Tests run beside each other: whoever is last renames over the same bytes.
        mine = path.with_suffix(f".{os.getpid()}.{threading.get_ident()}")
        subprocess.run(
            ["gcc", "-shared", "-fPIC", "-O2", "-o", mine,
             *[source for source in sources if source.suffix == ".c"], "-lm", "-ldl", "-lpthread"],
            check=True)
        mine.rename(path)
    return path


class Page:
    """Words of 64 bits that test and program share."""

    def __init__(self, path, words):
        with open(path, "w+b") as file:
            file.truncate(words * 8)
            self._map = mmap.mmap(file.fileno(), words * 8)
        self.words = memoryview(self._map).cast("q")

    def __getitem__(self, name):
        return self.words[FIELDS.index(name)]

    def __setitem__(self, name, value):
        self.words[FIELDS.index(name)] = int(value)


class Lab:
    def __init__(self, bench, name="lab"):
        self.world = bench.folder / name
        for folder in ("dev/snd", "dev/input", "proc/asound", "sys/class/sound", "sys/class/leds",
                       "sys/class/thermal", "sys/class/input", "sys/bus/usb/devices", "cards"):
            (self.world / folder).mkdir(parents=True)
        self.cards, self.inputs = [], []
        self._room = Page(self.world / "room", TALKERS * TALKER_WORDS)
        self._talks = 0
        # Of libasound, where it is not the system's.
        self.configuration = None
        sysfs.list_cards(self)

    @property
    def environment(self):
        configuration = {"ALSA_CONFIG_PATH": str(self.configuration)} if self.configuration else {}
        return {"AURICLE_LAB": str(self.world), "LD_PRELOAD": str(library()), **configuration}

    def add(self, **description):
        """A card, plugged in unless `plugged` is false; see `Card`."""
        plugged = description.pop("plugged", True)
        number = description.pop("number", None)
        card = Card(self, **description)
        self.cards.append(card)
        if plugged:
            card.plug(number)
        return card

    def add_buttons(self, name="gpio-keys", keys=(), switches=(), **options):
        return Buttons(self, name, keys, switches, **options)

    def add_light(self, name, **options):
        return Light(self, name, **options)

    def write(self, path, text):
        """A file of the world that no device of ours makes: a thermal zone, a board's model."""
        sysfs.write(self.world / str(path).lstrip("/"), text)

    def set_temperature(self, degrees, zone=0, kind="cpu-thermal"):
        self.write(f"/sys/class/thermal/thermal_zone{zone}/type", kind + "\n")
        self.write(f"/sys/class/thermal/thermal_zone{zone}/temp", f"{round(degrees * 1000)}\n")

    def run(self, *arguments, seconds=30, input=b""):
        """Runs a program in the lab to its end."""
        return subprocess.run(
            [str(argument) for argument in arguments], env={**os.environ, **self.environment},
            input=input, capture_output=True, timeout=seconds)

    def say(self, sound, after=0.05, gain=0.0):
        """Somebody speaks in the room: a WAV file, or (rate, samples). `gain` is in decibels.

        Returns the monotonic nanoseconds of its beginning and end.
        """
        rate, samples = read_wave(sound) if isinstance(sound, (str, Path)) else sound
        self._talks += 1
        (self.world / f"say.{self._talks}").write_bytes(array.array("h", samples).tobytes())
        place = (self._talks - 1) % TALKERS * TALKER_WORDS
        start = time.monotonic_ns() + int(after * NANO)
        words = self._room.words
        words[place] = 0
        words[place + 1:place + 5] = memoryview(
            array.array("q", [start, len(samples), int(rate * 1000), int(gain * 100)]))
        words[place] = self._talks
        return start, start + len(samples) * NANO // int(rate)

    def hush(self):
        """Whoever speaks stops."""
        for place in range(0, len(self._room.words), TALKER_WORDS):
            self._room.words[place] = 0


class Card:
    """A card with up to eight PCMs.

    `usb` is its USB path (1-1.2), else it is a platform device called `device`. `playback` and `capture` are
    dicts, or lists of them: rates, or rate_range; channels (a number, or (least, most)); formats; device; period,
    periods, buffer ((least, most) in frames, a count, frames); period_bytes, buffer_bytes (most); period_us;
    broken_periods (a buffer need not be so many whole periods); can (of INFO; USB cards are "batch");
    burst_ms; queue_ms (between the buffer and the air); urbs (both as snd-usb-audio makes them of period and
    buffer: so USB cards do); and of a capture noise (dBFS), ears ("room", "loopback" or "none", with
    ":gain", for each channel) and hears (loudspeakers: dicts with card, device, delay_ms, gain in decibels, clip).
    """

    def __init__(self, lab, id, name=None, driver=None, usb=None, vendor=None, product=None, serial=None,
                 maker=None, device=None, playback=None, capture=None, mixer=(), ppm=0, components=None):
        self.lab, self.id, self.usb = lab, id, usb
        self.vendor, self.product, self.serial, self.maker = vendor, product, serial, maker
        self.title = name or (f"{id} Audio" if usb else id)
        self.driver = driver or ("USB-Audio" if usb else id)
        self.device = device or f"soc:sound-{id}"
        self.components = components if components is not None else f"USB{vendor}:{product}" if usb else ""
        self.number = None
        self.pcms = [(direction, dict(pcm)) for direction, some in (("playback", playback), ("capture", capture))
                     for pcm in ([some] if isinstance(some, dict) else some or [])]
        self.name = f"{len(lab.cards)}-{id}"[:31]
        self.folder = lab.world / "cards" / self.name
        self.folder.mkdir()
        self.page = Page(self.folder / "page", PAGE_WORDS)
        self.page["playback_state"] = self.page["capture_state"] = -1
        self.mixer = Mixer(mixer, self.page.words)
        self.set_ppm(ppm)
        self._describe()

    @property
    def long_name(self):
        where = f" at usb-soc-{self.usb.split('-')[1]}, high speed" if self.usb else ""
        return f"{self.maker + ' ' if self.maker else ''}{self.title}{where}"[:79]

    def _describe(self):
        lines = [f"id {self.id}", f"driver {self.driver[:15]}", f"name {self.title[:31]}",
                 f"long_name {self.long_name}", f"mixer {'USB Mixer' if self.usb else self.title}",
                 f"components {self.components}"]
        for direction, pcm in self.pcms:
            lines += _pcm_lines(self, direction, pcm)
        lines += self.mixer.lines()
        (self.folder / "card").write_text("\n".join(lines) + "\n")

    def hears(self, card, delay_ms=0.0, gain=0.0, clip=0.0, device=0, pcm=0):
        """From the next open on, the microphone hears the card's loudspeaker."""
        captures = [one for direction, one in self.pcms if direction == "capture"]
        captures[pcm].setdefault("hears", []).append(
            {"card": card, "delay_ms": delay_ms, "gain": gain, "clip": clip, "device": device})
        self._describe()

    # Plugging.

    def plug(self, number=None, mode=0o660):
        """Mode 0 is what a node looks like until udev has dressed it: see `dress`."""
        taken = {card.number for card in self.lab.cards}
        self.number = number if number is not None else next(n for n in range(32) if n not in taken)
        assert [card for card in self.lab.cards if card.number == self.number] == [self], "the number is taken"
        self.page["number"] = self.number
        sysfs.plug(self, mode)

    def dress(self, mode=0o660):
        for node in self.nodes():
            node.chmod(mode)

    def nodes(self):
        """The device nodes, in the order in which the kernel makes them."""
        for direction, pcm in self.pcms:
            yield self.lab.world / f"dev/snd/pcmC{self.number}D{pcm.get('device', 0)}{direction[0]}"
        yield self.lab.world / f"dev/snd/controlC{self.number}"

    def unplug(self):
        self.page["epoch"] += 1
        self.page["playback_state"] = self.page["capture_state"] = -1
        sysfs.unplug(self)
        self.number = None

    # Breaking.

    def set_ppm(self, ppm, playback=None):
        """How much faster its clock is than the monotonic clock; the loudspeaker's may be another."""
        self.page["capture_ppb"] = ppm * 1000
        self.page["playback_ppb"] = (ppm if playback is None else playback) * 1000

    def set_rate(self, rate, playback=None):
        """What it really runs at, whatever it claims. 0: what it claims."""
        self.page["capture_rate"] = rate * 1000
        self.page["playback_rate"] = (rate if playback is None else playback) * 1000

    def stick(self, capture=True, playback=True):
        """It stops moving and says nothing."""
        self.page["capture_stuck"], self.page["playback_stuck"] = capture, playback

    def suspend(self):
        self.page["suspends"] += 1

    def hold(self, process):
        """A process that is not in the lab has it open."""
        self.page["holder"] = process or 0
        sysfs.hold(self, process)

    def fail(self, what, error, times=-1):
        """`what` (read, write, prepare, open, control) answers with an errno, so often; -1: for ever."""
        self.page[f"{what}_error"] = error
        if what in ("read", "write", "prepare"):
            self.page[f"{what}_errors"] = times

    # What happened.

    def state(self, direction="playback"):
        """running, xrun, ...; None while nobody has it open."""
        number = self.page[f"{direction}_state"]
        return STATES[number] if number >= 0 else None

    def played(self, run=-1):
        """What a loudspeaker played, of the last run or another."""
        return Run(self, "played", run)

    def heard(self, run=-1):
        """The clock of what a microphone heard; its sound is the program's."""
        return Run(self, "heard", run)


class Run:
    """What went through a card after one setup: frames, and when each of them was in the air."""

    def __init__(self, card, kind, run):
        lines = [line.split() for line in (card.folder / f"{kind}.log").read_text().splitlines()]
        last = max(int(line[0]) for line in lines)
        number = run if run >= 0 else last + 1 + run
        mine = [line for line in lines if int(line[0]) == number]
        self.rate, self.channels = int(mine[0][4]), int(mine[0][5])
        # (first frame, its nanoseconds, frames a second)
        self.spells = [(float(line[1]), int(line[2]), float(line[3])) for line in mine]
        path = card.folder / f"played.{number}.raw"
        self.samples = array.array("h")
        if kind == "played" and path.exists():
            data = path.read_bytes()
            self.samples.frombytes(data[:len(data) // (2 * self.channels) * 2 * self.channels])

    def channel(self, index=0):
        return self.samples[index::self.channels]

    def time_of(self, frame):
        """The monotonic nanoseconds at which the frame was in the air."""
        first, start, pace = [spell for spell in self.spells if spell[0] <= frame][-1]
        return start + (frame - first) * NANO / pace if pace else start

    def frame_at(self, nanoseconds):
        first, start, pace = [spell for spell in self.spells if spell[1] <= nanoseconds][-1]
        return first + (nanoseconds - start) * pace / NANO


def _pcm_lines(card, direction, pcm):
    def pair(value):
        return f"{value[0]} {value[1]}" if isinstance(value, (tuple, list)) else f"{value} {value}"

    info = INFO["interleaved"] | INFO["block"]
    for word in pcm.get("can", ("mmap", "pause", "batch") if card.usb else ("mmap", "pause")):
        info |= INFO[word]
    title = pcm.get("name", "USB Audio" if card.usb else card.title)
    lines = [f"pcm {pcm.get('device', 0)} {direction}", f"pcm_id {title[:63]}", f"pcm_name {title[:79]}"]
    if "rate_range" in pcm:
        lines.append(f"rate_range {pair(pcm['rate_range'])}")
    else:
        lines.append("rates " + " ".join(map(str, pcm.get("rates", [48_000]))))
    noise = pcm.get("noise", -70.0)
    lines += [
        f"channels {pair(pcm.get('channels', 2 if direction == 'playback' else 1))}",
        "formats " + " ".join(pcm.get("formats", ["S16_LE"])),
        f"period {pair(pcm.get('period', (1, 65_536)))}",
        "bytes {} {} {}".format(*pcm.get("period_bytes", (64, 1 << 20)), pcm.get("buffer_bytes", 1 << 20)),
        f"periods {pair(pcm.get('periods', (2, 1_024)))}",
        f"buffer {pair(pcm.get('buffer', (2, 131_072)))}",
        f"period_us {pcm.get('period_us', 1_000)}",
        f"broken_periods {int(pcm.get('broken_periods', bool(card.usb)))}",
        f"info {info}",
        f"burst_ns {pcm.get('burst_ms', 1.0 if card.usb else 0.0) * 1e6}",
        f"queue_ns {pcm.get('queue_ms', 0.0) * 1e6}",
        f"urbs {int(pcm.get('urbs', bool(card.usb)))}",
        f"noise {-400.0 if noise is None else noise}",
    ]
    if direction == "capture":
        if "ears" in pcm:
            lines.append("ears " + " ".join(pcm["ears"]))
        for source in pcm.get("hears", ()):
            speaker = source.get("card") or card
            gain = 10 ** (source.get("gain", 0.0) / 20)
            lines.append(f"hears {speaker.name} {source.get('device', 0)} {source.get('delay_ms', 0.0) * 1e6}"
                         f" {gain} {source.get('clip', 0.0)}")
    return lines


def read_wave(path):
    """Rate and samples of a WAV file of 16 bits: its first channel."""
    with wave.open(str(path)) as sound:
        samples = array.array("h", sound.readframes(sound.getnframes()))
        if sys.byteorder == "big":
            samples.byteswap()
        return sound.getframerate(), samples[::sound.getnchannels()]
