"""Music that nobody wrote before: composed by dice, played by a soundfont or by our own strings.

It is the hardest thing that is not speech, so it has voices' neighbours on purpose: choirs, solo
flutes, violins and saxophones with bends and vibrato. Pieces and instruments differ between splits.
"""

import struct
import subprocess
import tempfile
from functools import lru_cache
from pathlib import Path

import numpy as np
from scipy.signal import lfilter, resample_poly

from .sound import RATE, active_level, folder, gain, read_wave

SOUNDFONTS = {
    "train": "/usr/share/sounds/sf2/FluidR3Mono_GM.sf3",
    "dev": "/usr/share/sounds/sf2/FluidR3Mono_GM.sf3",
    "test": "/usr/share/sounds/sf2/TimGM6mb.sf2",
}
# General MIDI programs: what sings, what accompanies, what is low.
LEADS = {
    "train": [52, 73, 40, 65, 56, 22, 54, 81, 11, 71, 85, 42, 66, 75, 79, 86, 91, 60],
    "dev": [53, 74, 64, 41],
    "test": [53, 68, 40, 67, 57, 21, 52, 80, 72, 77, 87, 58],
}
CHORDS = {"train": [0, 4, 24, 48, 16, 89, 27, 29], "dev": [1, 25, 50], "test": [2, 5, 26, 49, 19, 88, 30]}
BASSES = {"train": [32, 33, 38], "dev": [34], "test": [35, 39]}
COUNTS = {"train": 72, "dev": 10, "test": 20}
SECONDS = {"train": 40, "dev": 60, "test": 70}
SEEDS = {"train": 21_000, "dev": 22_000, "test": 23_000}
TICKS = 480

SCALES = [[0, 2, 4, 5, 7, 9, 11], [0, 2, 3, 5, 7, 8, 10], [0, 2, 4, 7, 9], [0, 3, 5, 7, 10]]


def _variable(value: int) -> bytes:
    out = [value & 0x7F]
    while value := value >> 7:
        out.append((value & 0x7F) | 0x80)
    return bytes(reversed(out))


def _track(events: list[tuple[int, bytes]]) -> bytes:
    """A MIDI track of events at ticks."""
    body, now = b"", 0
    for tick, data in sorted(events, key=lambda event: (event[0], event[1][0] & 0xF0 != 0x80)):
        body += _variable(tick - now) + data
        now = tick
    body += b"\x00\xff\x2f\x00"
    return b"MTrk" + struct.pack(">I", len(body)) + body


def _note(events: list, channel: int, key: int, start: float, beats: float, velocity: int) -> None:
    events.append((round(start * TICKS), bytes([0x90 | channel, key, velocity])))
    events.append((round((start + beats) * TICKS), bytes([0x80 | channel, key, 0])))


def composed(split: str, seconds: float, rng: np.random.Generator) -> bytes:
    """A MIDI file: harmony by fourths and neighbours, a melody that mostly walks, perhaps drums."""
    tempo = float(rng.uniform(60, 160))
    beats = seconds * tempo / 60
    scale = SCALES[int(rng.integers(len(SCALES)))]
    key = int(rng.integers(45, 57))
    style = str(rng.choice(["band", "solo", "pads", "piano"], p=[0.4, 0.25, 0.2, 0.15]))
    programs = [int(rng.choice(LEADS[split])), int(rng.choice(CHORDS[split])), int(rng.choice(BASSES[split]))]
    if style == "pads":
        programs[1] = {"train": 52, "dev": 53, "test": 54}[split] if rng.random() < 0.6 else programs[1]
    events: list[tuple[int, bytes]] = [(0, b"\xff\x51\x03" + int(60e6 / tempo).to_bytes(3, "big"))]
    events += [(0, bytes([0xC0 | channel, program])) for channel, program in enumerate(programs)]

    def pitch(step: int) -> int:
        return key + 12 * (step // len(scale)) + scale[step % len(scale)]

    chord, step, bar = 0, len(scale), 0.0
    while bar < beats:
        chord = int((chord + rng.choice([3, 4, 1, 5])) % len(scale))
        if style != "solo":
            arpeggio = rng.random() < 0.4
            for index, third in enumerate((0, 2, 4)):
                start = bar + (index * 0.5 if arpeggio else 0)
                _note(events, 1, pitch(chord + third), start, 4 - (start - bar), int(rng.integers(50, 90)))
            if style == "band":
                for beat in range(0, 4, int(rng.choice([1, 2]))):
                    _note(events, 2, pitch(chord) - 12, bar + beat, 0.9, int(rng.integers(70, 110)))
                for half in range(8):
                    drum = 36 if half % 4 == 0 else 38 if half % 4 == 2 else 42
                    _note(events, 9, drum, bar + half / 2, 0.2, int(rng.integers(50, 110)))
        at = 0.0
        while at < 4 and style != "pads":
            length = float(rng.choice([0.25, 0.5, 0.5, 1, 1.5, 2]))
            if rng.random() < 0.85:
                step = int(np.clip(step + rng.choice([-2, -1, -1, 0, 1, 1, 2, 4, -4]), 2, 3 * len(scale) - 1))
                _note(events, 0, pitch(step), bar + at, length * 0.95, int(rng.integers(70, 120)))
                if length >= 1 or rng.random() < 0.2:
                    _bend(events, bar + at, length, rng)
            at += length
        bar += 4
    return b"MThd" + struct.pack(">IHHH", 6, 0, 1, TICKS) + _track(events)


def _bend(events: list, start: float, beats: float, rng: np.random.Generator) -> None:
    """A slide into the note and a vibrato: what makes an instrument sing."""
    slide = rng.uniform(-1, 1) * 6000 * (rng.random() < 0.4)
    depth = rng.uniform(0, 1500)
    for time in np.arange(0, beats, 0.06):
        value = 8192 + slide * np.exp(-time / 0.15) + depth * np.sin(2 * np.pi * time * 3) * min(1.0, time * 2)
        value = int(np.clip(value, 0, 16383))
        events.append((round((start + time) * TICKS), bytes([0xE0, value & 0x7F, value >> 7])))
    events.append((round((start + beats) * TICKS), bytes([0xE0, 0, 64])))


def _played(split: str, midi: bytes, count: int) -> np.ndarray:
    with tempfile.TemporaryDirectory() as work:
        score, out = Path(work) / "piece.mid", Path(work) / "piece.wav"
        score.write_bytes(midi)
        # Reading only the instruments that play takes a sixth of the time.
        options = ["-o", "synth.dynamic-sample-loading=1", "-r", "32000", "-O", "s16", "-T", "wav", "-F", str(out)]
        subprocess.run(
            ["fluidsynth", "-niq", *options, SOUNDFONTS[split], str(score)], check=True, capture_output=True
        )
        return resample_poly(read_wave(out), 1, 2).astype(np.float32)[:count]


def _strings(count: int, rng: np.random.Generator) -> np.ndarray:
    """Plucked strings: a burst of noise that runs round a delay."""
    out = np.zeros(count + RATE)
    scale, root = SCALES[int(rng.integers(len(SCALES)))], rng.uniform(90, 200)
    at, step = 0.0, 7
    while at < count / RATE:
        step = int(np.clip(step + rng.integers(-3, 4), 0, 17))
        pitch = root * 2 ** ((12 * (step // len(scale)) + scale[step % len(scale)]) / 12)
        period = int(RATE / pitch)
        length = int(rng.uniform(0.4, 1.6) * RATE)
        burst = np.zeros(length)
        burst[:period] = rng.uniform(-1, 1, period)
        loop = np.zeros(period + 2)
        loop[0], loop[period], loop[period + 1] = 1, -0.498, -0.498
        start = int(at * RATE)
        sound = lfilter([1], loop, burst)[: len(out) - start]
        out[start : start + len(sound)] += sound
        at += float(rng.choice([0.12, 0.25, 0.25, 0.5]))
    return out[:count]


def _glides(count: int, rng: np.random.Generator) -> np.ndarray:
    """One singing tone with vibrato that glides between its notes: a saw, a theremin, a humming."""
    notes = int(count / RATE * rng.uniform(0.8, 3)) + 2
    steps = np.cumsum(rng.choice([-4, -2, -1, 1, 2, 3, 5, -5], notes))
    steps = 12 * np.sin(steps / 9)
    edges = np.sort(rng.uniform(0, count, notes))
    glide = int(rng.uniform(0.02, 0.3) * RATE)
    curve = np.interp(np.arange(count), np.ravel(np.column_stack([edges, edges + glide]))[: 2 * notes],
                      np.ravel(np.column_stack([np.roll(steps, 1), steps])))
    time = np.arange(count) / RATE
    vibrato = rng.uniform(0, 0.5) * np.sin(2 * np.pi * rng.uniform(4.5, 7) * time)
    frequency = rng.uniform(150, 500) * 2 ** ((curve + vibrato) / 12)
    phase = 2 * np.pi * np.cumsum(frequency) / RATE
    slope = rng.uniform(0.8, 2.2)
    tone = sum(np.sin(n * phase) / n**slope * (frequency * n < 7500) for n in range(1, 16))
    for _ in range(int(rng.integers(0, 3))):
        centre, width = rng.uniform(300, 2800), rng.uniform(100, 400)
        radius = np.exp(-np.pi * width / RATE)
        tone = tone + lfilter([1 - radius], [1, -2 * radius * np.cos(2 * np.pi * centre / RATE), radius**2], tone) * 2
    swell = np.interp(np.arange(count), np.linspace(0, count, notes), rng.uniform(0.2, 1, notes))
    return tone * swell


def _file(split: str) -> Path:
    return folder() / "material" / f"music-{split}.npy"


def make(split: str) -> None:
    """Composes and plays the pieces of a split."""
    path = _file(split)
    if path.exists():
        return
    count = SECONDS[split] * RATE
    pieces = np.zeros((COUNTS[split], count), np.int16)
    for index in range(COUNTS[split]):
        rng = np.random.default_rng(SEEDS[split] + index)
        way = index % 8
        if way == 6:
            piece = _strings(count, rng)
        elif way == 7:
            piece = _glides(count, rng)
        else:
            piece = _played(split, composed(split, SECONDS[split], rng), count)
        piece = piece * gain(-23 - active_level(piece))
        pieces[index, : len(piece)] = np.clip(np.rint(piece * 32768), -32768, 32767)
    path.parent.mkdir(parents=True, exist_ok=True)
    half_made = path.with_suffix(".new.npy")
    np.save(half_made, pieces)
    half_made.rename(path)


@lru_cache(maxsize=None)
def _pieces(split: str) -> np.ndarray:
    make(split)
    return np.load(_file(split), mmap_mode="r")


def excerpt(split: str, count: int, rng: np.random.Generator) -> np.ndarray:
    """So many samples of some piece, at -23 dB while it sounds."""
    pieces = _pieces(split)
    piece = pieces[int(rng.integers(len(pieces)))]
    start = int(rng.integers(0, max(1, len(piece) - count)))
    taken = np.resize(piece[start:], count) if len(piece) - start < count else piece[start : start + count]
    taken = taken.astype(np.float32) / 32768
    return taken * np.float32(gain(-23 - max(-60.0, active_level(taken))))
