"""Buttons, switches and lights of the lab: input devices as evdev shows them, and the LED class."""

import mmap
import os
import re
import shutil
import struct
import time
from pathlib import Path

import sysfs

CODES = {
    name: int(number, 0)
    for name, number in re.findall(
        r"^#define\s+((?:KEY|BTN|SW|EV)_\w+)\s+(0x[0-9a-fA-F]+|\d+)\b",
        Path("/usr/include/linux/input-event-codes.h").read_text(), re.MULTILINE)
}
EVENT = struct.Struct("@llHHi")
BUSES = {"usb": 3, "platform": 0x19, "bluetooth": 5}
# As in lab/input.c.
EPOCH, GRABBER, BUS, VENDOR, PRODUCT, VERSION, EVENTS, SWITCHES, SWITCHES_ON, KEYS = range(10)
KEYS_DOWN = KEYS + 12
PAGE_BYTES = 512 * 8


def code_of(name):
    return name if isinstance(name, int) else CODES[name]


class Buttons:
    """An input device with keys and switches, plugged in unless `plugged` is false."""

    def __init__(self, lab, name, keys=(), switches=(), number=None, bus="platform", vendor=1, product=1,
                 version=0x100, phys="gpio-keys/input0", uniq="", plugged=True):
        self.lab, self.name, self.bus = lab, name, bus
        self.vendor, self.product, self.version, self.phys, self.uniq = vendor, product, version, phys, uniq
        self.number = None
        self.folder = lab.world / "inputs" / f"{len(lab.inputs)}-{re.sub(r'[^A-Za-z0-9]+', '-', name)}"
        self.folder.mkdir(parents=True)
        for key, text in (("name", name), ("phys", phys), ("uniq", uniq)):
            if text:
                (self.folder / key).write_text(text + "\n")
        with open(self.folder / "page", "w+b") as file:
            file.truncate(PAGE_BYTES)
            self._map = mmap.mmap(file.fileno(), PAGE_BYTES)
        self.words = memoryview(self._map).cast("Q")
        self.words[BUS], self.words[VENDOR] = BUSES[bus], vendor
        self.words[PRODUCT], self.words[VERSION] = product, version
        self.words[EVENTS] = 1 | (1 << CODES["EV_KEY"] if keys else 0) | (1 << CODES["EV_SW"] if switches else 0)
        for key in keys:
            self._set(KEYS, code_of(key), 1)
        for switch in switches:
            self._set(SWITCHES, code_of(switch), 1)
        lab.inputs.append(self)
        if plugged:
            self.plug(number)

    def _set(self, first, bit, on):
        word = first + bit // 64
        mask = 1 << bit % 64
        self.words[word] = self.words[word] | mask if on else self.words[word] & ~mask

    def capabilities(self, first, count):
        """As /sys shows bits: words of hexadecimal digits, the highest first."""
        words = [self.words[first + index] for index in range(count)]
        while len(words) > 1 and words[-1] == 0:
            words.pop()
        return " ".join(f"{word:x}" for word in reversed(words))

    def plug(self, number=None):
        taken = {device.number for device in self.lab.inputs}
        self.number = number if number is not None else next(n for n in range(64) if n not in taken)
        sysfs.plug_input(self)

    def unplug(self):
        self.words[EPOCH] += 1
        sysfs.unplug_input(self)
        self.number = None

    @property
    def is_grabbed(self):
        return self.words[GRABBER] != 0

    @property
    def listeners(self):
        """How many have it open."""
        return len(list(self.folder.glob("client.*")))

    def _send(self, *events):
        now = time.monotonic_ns()
        data = b"".join(
            EVENT.pack(now // 1_000_000_000, now % 1_000_000_000 // 1_000, *event)
            for event in (*events, (0, 0, 0)))
        grabber = self.words[GRABBER]
        for path in self.folder.glob("client.*"):
            process, fd = map(int, path.name.split(".")[1:])
            if grabber and grabber != process << 16 | fd:
                continue
            try:
                pipe = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
            except OSError:
                continue  # Its reader has died.
            try:
                os.write(pipe, data)
            except BlockingIOError:
                pass  # Nobody reads: the kernel drops events then, too.
            finally:
                os.close(pipe)

    def down(self, key):
        self._set(KEYS_DOWN, code_of(key), 1)
        self._send((CODES["EV_KEY"], code_of(key), 1))

    def up(self, key):
        self._set(KEYS_DOWN, code_of(key), 0)
        self._send((CODES["EV_KEY"], code_of(key), 0))

    def repeat(self, key):
        """The kernel's auto-repeat of a key that is held."""
        self._send((CODES["EV_KEY"], code_of(key), 2))

    def press(self, key, seconds=0.05):
        self.down(key)
        time.sleep(seconds)  # A press takes this long.
        self.up(key)

    def switch(self, name, on):
        self._set(SWITCHES_ON, code_of(name), on)
        self._send((CODES["EV_SW"], code_of(name), int(on)))

    def chatter(self, count=200):
        """More events at once than anybody wants."""
        for _ in range(count):
            self._send((4, 4, 1))


class Light:
    """A light of the LED class, with a diary of what was written to it."""

    TRIGGERS = ("none", "timer", "heartbeat", "pattern", "default-on")

    def __init__(self, lab, name, most=255, triggers=TRIGGERS, colours=()):
        self.lab, self.name, self.colours = lab, name, colours
        self._start = {"brightness": "0", "max_brightness": str(most),
                       "trigger": " ".join(f"[{one}]" if one == "none" else one for one in triggers)}
        if colours:
            self._start |= {"multi_index": " ".join(colours), "multi_intensity": " ".join("0" for _ in colours)}
        self.folder = lab.world / "sys/class/leds" / name
        self.plug()

    def plug(self):
        device = self.lab.world / sysfs.SOC / "leds" / self.name
        for key, text in self._start.items():
            sysfs.write(device / key, text + "\n")
        sysfs.link(self.folder, device)

    def unplug(self):
        device = self.folder.resolve()
        self.folder.unlink()
        shutil.rmtree(device)

    def read(self, attribute):
        return (self.folder / attribute).read_text().strip()

    @property
    def level(self):
        return int(self.read("brightness"))

    @property
    def trigger(self):
        return re.search(r"\[(.+?)\]", self.read("trigger"))[1]

    def diary(self):
        """(monotonic nanoseconds, attribute, text) of each write, in order."""
        path = self.lab.world / "leds.log"
        lines = path.read_text().splitlines() if path.exists() else []
        split = [line.split(" ", 3) for line in lines]
        return [(int(words[0]), words[2], words[3]) for words in split if words[1] == self.name]
