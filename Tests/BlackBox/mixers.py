"""The mixer of a card of the lab: volumes, switches and choices, and their values."""

from dataclasses import dataclass, field

FIRST_WORD, WORDS = 128, 16
MIXER_INTERFACE, PCM_INTERFACE = 2, 3
READ, WRITE = 1, 2


@dataclass
class Volume:
    """`name` ends in Playback or Capture. Decibels of the lowest and the highest step; None: it has no scale."""

    name: str
    steps: int = 100
    decibels: tuple = (-50.0, 0.0)
    channels: int = 1
    mutes: bool = False   # the lowest step is silence
    ends: bool = False    # tells its two ends (DB_MINMAX) and not its steps
    value: int = None

    type, suffix = 2, " Volume"

    def lines(self):
        lines = [f"range 0 {self.steps} 0"]
        if self.decibels:
            least, most = (round(end * 100) for end in self.decibels)
            step = (most - least) // self.steps
            lines.append(f"db {least} {step} {int(self.mutes)} {int(self.ends)}")
        return lines

    @property
    def start(self):
        return self.steps if self.value is None else self.value


@dataclass
class Switch:
    name: str
    channels: int = 1
    value: int = 1

    type, suffix = 1, " Switch"

    def lines(self):
        return ["range 0 1 0"]

    @property
    def start(self):
        return self.value


@dataclass
class Choice:
    name: str
    items: list = field(default_factory=lambda: ["Off", "On"])
    channels: int = 1
    value: int = 0

    type, suffix = 3, ""

    def lines(self):
        return [f"range 0 {len(self.items) - 1} 0", *(f"item {item}" for item in self.items)]

    @property
    def start(self):
        return self.value


class Mixer:
    """Values by the element's whole name, as `amixer controls` shows it: mixer["PCM Playback Volume"]."""

    def __init__(self, elements, words):
        self.elements, self._words = list(elements), words
        for index, element in enumerate(self.elements):
            for channel in range(element.channels):
                words[self._place(index) + 1 + channel] = element.start

    @staticmethod
    def _place(index):
        return FIRST_WORD + index * WORDS

    def _index(self, name):
        return [element.name + element.suffix for element in self.elements].index(name)

    def __getitem__(self, name):
        index = self._index(name)
        place = self._place(index) + 1
        values = [self._words[place + channel] for channel in range(self.elements[index].channels)]
        return values[0] if len(set(values)) == 1 else values

    def __setitem__(self, name, value):
        """Somebody turns the knob of the device itself; programs that listen are told."""
        index = self._index(name)
        for channel in range(self.elements[index].channels):
            self._words[self._place(index) + 1 + channel] = value
        self._words[self._place(index)] += 1

    def changes(self, name):
        """How often it was written with another value."""
        return self._words[self._place(self._index(name))]

    def lines(self):
        lines = []
        for element in self.elements:
            lines += [f"element {element.name}{element.suffix}", f"type {element.type}",
                      f"count {element.channels}", f"iface {MIXER_INTERFACE}", f"access {READ | WRITE}",
                      *element.lines()]
        return lines
