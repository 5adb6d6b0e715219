"""Noise, and what is not speech although it sounds like a person: coughs, laughs, doors, claps."""

import numpy as np
from scipy.signal import butter, lfilter, oaconvolve, sosfilt

from . import voices
from .sound import RATE, active_level, gain, level

STEADY = ["white", "pink", "brown", "hum", "fan", "room", "rain", "street"]
TICKING = ["clicks", "keys"]
KINDS = STEADY + TICKING + ["babble"]
DISTRACTORS = ["cough", "laugh", "click", "door", "dishes", "claps", "keys", "backchannel"]


def _band(samples: np.ndarray, low: float, high: float, order: int = 2) -> np.ndarray:
    return sosfilt(butter(order, [low, min(high, 7900)], "band", fs=RATE, output="sos"), samples)


def coloured(count: int, slope: float, rng: np.random.Generator) -> np.ndarray:
    """Noise whose power falls with the frequency to the `slope`: 0 white, 1 pink, 2 brown."""
    size = 1 << (count - 1).bit_length()
    spectrum = np.fft.rfft(rng.standard_normal(size))
    frequency = np.maximum(np.fft.rfftfreq(size, 1 / RATE), 30)
    return np.fft.irfft(spectrum * frequency ** (-slope / 2), size)[:count]


def wandering(count: int, seconds: float, rng: np.random.Generator) -> np.ndarray:
    """A smooth random curve of about unit spread that changes within the given time."""
    knots = rng.standard_normal(int(count / RATE / seconds) + 3)
    return np.interp(np.arange(count) / RATE / seconds, np.arange(len(knots)), knots)


def _hum(count: int, rng: np.random.Generator) -> np.ndarray:
    base = rng.choice([50.0, 60.0]) * rng.uniform(0.998, 1.002)
    time = np.arange(count) / RATE
    tones = [rng.uniform(0.2, 1) / (n**0.7) * np.sin(2 * np.pi * base * n * time + rng.uniform(0, 6)) for n in range(1, 16)]
    return sum(tones) + 0.05 * coloured(count, 1, rng)


def _fan(count: int, rng: np.random.Generator) -> np.ndarray:
    turns = rng.uniform(4, 28)
    time = np.arange(count) / RATE
    blades = 1 + rng.uniform(0.1, 0.5) * np.sin(2 * np.pi * turns * time) + 0.1 * wandering(count, 0.5, rng)
    air = _band(rng.standard_normal(count), 80, rng.uniform(800, 4000), 1)
    whine = rng.uniform(0, 0.15) * np.sin(2 * np.pi * rng.uniform(150, 900) * time)
    return air * blades + whine * np.std(air)


def _rain(count: int, rng: np.random.Generator) -> np.ndarray:
    drops = np.zeros(count)
    where = rng.integers(0, count, int(count / RATE * rng.uniform(60, 600)))
    drops[where] = rng.exponential(1, len(where)) * rng.choice([-1, 1], len(where))
    splash = np.exp(-np.arange(200) / 30) * rng.standard_normal(200)
    return oaconvolve(drops, splash)[:count] + 0.3 * _band(rng.standard_normal(count), 1000, 7000, 1)


def _street(count: int, rng: np.random.Generator) -> np.ndarray:
    near = np.exp(0.7 * wandering(count, 2.5, rng))
    engine = _band(rng.standard_normal(count), 40, 400, 1) * np.exp(0.8 * wandering(count, 3.0, rng))
    return coloured(count, 1.4, rng) * near + 2 * engine / (np.std(engine) + 1e-9) * 0.5


def click(rng: np.random.Generator) -> np.ndarray:
    """A short hard sound: a switch, a latch, a pen on the table."""
    length = int(rng.uniform(0.004, 0.05) * RATE)
    body = rng.standard_normal(length) * np.exp(-np.arange(length) / (length * rng.uniform(0.05, 0.25)))
    low = rng.uniform(200, 3000)
    ring = np.sin(2 * np.pi * rng.uniform(300, 4500) * np.arange(length) / RATE)
    ring *= np.exp(-np.arange(length) / (length * 0.2))
    return _band(np.concatenate([body, np.zeros(80)]), low, low * rng.uniform(1.8, 4)) + rng.uniform(0, 0.4) * np.pad(ring, (0, 80))


def _sprinkled(count: int, times: np.ndarray, make, rng: np.random.Generator) -> np.ndarray:
    out = np.zeros(count + RATE)
    for time in times:
        sound = make(rng)
        sound = sound / (np.abs(sound).max() + 1e-9) * gain(rng.uniform(-12, 0))
        start = int(time * RATE)
        if 0 <= start < count:
            end = min(len(out), start + len(sound))
            out[start:end] += sound[: end - start]
    return out[:count]


def key_times(seconds: float, rng: np.random.Generator) -> np.ndarray:
    """When keys are struck: in bursts, with pauses to think."""
    steps = np.where(rng.random(int(seconds * 12) + 2) < 0.08, rng.uniform(0.6, 3), rng.uniform(0.06, 0.3))
    times = np.cumsum(steps * rng.uniform(0.6, 1.4, len(steps)))
    return times[times < seconds]


def _key(rng: np.random.Generator) -> np.ndarray:
    down, up = click(rng), click(rng) * 0.4
    gap = int(rng.uniform(0.03, 0.1) * RATE)
    out = np.zeros(max(len(down), gap + len(up)))
    out[: len(down)] += down
    out[gap : gap + len(up)] += up
    return out


def babble(split: str, count: int, rng: np.random.Generator) -> np.ndarray:
    """Four to eight talkers at once."""
    out = np.zeros(count)
    for _ in range(int(rng.integers(4, 9))):
        talker = voices.talker(split, rng)
        line = np.zeros(0, np.float32)
        while len(line) < count:
            pause = np.zeros(int(rng.uniform(0, 0.25) * RATE), np.float32)
            line = np.concatenate([line, talker.utterance(rng, 1.5), pause])
        out += line[:count] * gain(rng.uniform(-4, 2))
    return out


def noise(kind: str, split: str, count: int, rng: np.random.Generator) -> np.ndarray:
    """Noise of a kind, at -23 dB while it sounds."""
    if kind in ("white", "pink", "brown", "room"):
        slope = {"white": 0.0, "pink": 1.0, "brown": 2.0, "room": rng.uniform(0.5, 1.8)}[kind]
        made = coloured(count, slope, rng)
        if kind == "room":
            made = made / np.std(made) + 0.3 * _hum(count, rng)
    elif kind == "hum":
        made = _hum(count, rng)
    elif kind == "fan":
        made = _fan(count, rng)
    elif kind == "rain":
        made = _rain(count, rng)
    elif kind == "street":
        made = _street(count, rng)
    elif kind == "clicks":
        rate = rng.uniform(0.4, 4)
        times = np.cumsum(rng.exponential(1 / rate, int(count / RATE * rate * 2) + 4))
        made = _sprinkled(count, times, click, rng)
    elif kind == "keys":
        made = _sprinkled(count, key_times(count / RATE, rng), _key, rng)
    elif kind == "babble":
        made = babble(split, count, rng)
    else:
        raise ValueError(f"no noise is called {kind}; known are {', '.join(KINDS)}")
    made = made.astype(np.float32)
    now = active_level(made) if kind in TICKING else level(made)
    return made * np.float32(gain(-23 - now))


def _voiced(count: int, pitch: np.ndarray, formants: list[tuple[float, float]], rng: np.random.Generator) -> np.ndarray:
    """A throat: pulses at a pitch that moves, through resonances (frequency and width in Hz)."""
    phase = np.cumsum(pitch * (1 + 0.01 * rng.standard_normal(count)) / RATE)
    pulses = np.diff(np.floor(phase), prepend=0.0) + 0.01 * rng.standard_normal(count)
    sound = lfilter([1], [1, -0.96], pulses)
    out = np.zeros(count)
    for strength, (frequency, width) in zip([1, 0.5, 0.25, 0.12], formants):
        radius = np.exp(-np.pi * width / RATE)
        out += strength * lfilter([1 - radius], [1, -2 * radius * np.cos(2 * np.pi * frequency / RATE), radius**2], sound)
    return np.diff(out, prepend=0.0)


def cough(rng: np.random.Generator) -> np.ndarray:
    bursts = []
    for _ in range(int(rng.integers(1, 4))):
        count = int(rng.uniform(0.2, 0.45) * RATE)
        time = np.arange(count) / RATE
        burst = _band(rng.standard_normal(count), rng.uniform(250, 700), rng.uniform(2500, 6000), 1)
        burst *= np.exp(-time / rng.uniform(0.03, 0.09)) * np.minimum(1, time / 0.004)
        tone = _voiced(count, rng.uniform(130, 320) * np.exp(-time), [(600, 200), (1300, 300), (2600, 400)], rng)
        tone *= np.exp(-((time - 0.2) ** 2) / 0.005)
        burst += tone / (np.abs(tone).max() + 1e-9) * np.abs(burst).max() * rng.uniform(0, 0.3)
        bursts += [burst, np.zeros(int(rng.uniform(0.05, 0.3) * RATE))]
    return np.concatenate(bursts[:-1])


def laugh(rng: np.random.Generator) -> np.ndarray:
    base, rate = rng.uniform(140, 380), rng.uniform(4, 6.5)
    formants = [(rng.uniform(500, 900), 150), (rng.uniform(1100, 1700), 200), (2700, 300)]
    parts = []
    for index in range(int(rng.integers(3, 9))):
        count = int(RATE / rate)
        time = np.arange(count) / count
        pitch = base * (1.15 - 0.2 * time) * (1 - 0.03 * index)
        shape = np.clip(np.sin(np.pi * np.clip(time / 0.55, 0, 1)), 0, 1)
        breath = _band(rng.standard_normal(count), 500, 4000, 1) * np.sin(np.pi * time) * 0.3
        tone = _voiced(count, pitch, formants, rng)
        parts.append((tone / (np.std(tone) + 1e-9) * shape + breath / np.std(breath) * 0.25) * 0.93**index)
    return np.concatenate(parts)


def backchannel(rng: np.random.Generator) -> np.ndarray:
    """A hum through the nose: mm-hm, mhm, mm; or with the mouth open: uh-huh."""
    base, is_open = rng.uniform(95, 260), rng.random() < 0.35
    formants = [(620, 120), (1150, 150), (2500, 250)] if is_open else [(rng.uniform(220, 300), 60), (1000, 200), (2200, 300)]
    beats = int(rng.choice([1, 2, 2, 2]))
    parts = []
    for index in range(beats):
        count = int(rng.uniform(0.13, 0.28) * RATE)
        time = np.arange(count) / count
        pitch = base * (1 + rng.uniform(-0.15, 0.3) * time + (0.2 if index else 0))
        parts.append(_voiced(count, pitch, formants, rng) * np.minimum(1, 6 * np.sin(np.pi * time)) ** 0.7)
        if index + 1 < beats:
            gap = int(rng.uniform(0.03, 0.09) * RATE)
            parts.append(_band(rng.standard_normal(gap), 300, 3000, 1) * 0.02)
    return np.concatenate(parts)


def door(rng: np.random.Generator) -> np.ndarray:
    count = int(rng.uniform(0.3, 0.7) * RATE)
    time = np.arange(count) / RATE
    thud = _band(rng.standard_normal(count), 40, rng.uniform(150, 500), 1) * np.exp(-time / rng.uniform(0.05, 0.15))
    rattle = _band(rng.standard_normal(count), 800, 4000, 1) * np.exp(-time / 0.02)
    return thud / np.std(thud) + rng.uniform(0.1, 0.8) * rattle / np.std(rattle)


def _dish(rng: np.random.Generator) -> np.ndarray:
    count = int(rng.uniform(0.1, 0.5) * RATE)
    time = np.arange(count) / RATE
    modes = rng.uniform(900, 7000, 6)
    return sum(rng.uniform(0.2, 1) * np.sin(2 * np.pi * mode * time) * np.exp(-time / rng.uniform(0.01, 0.12)) for mode in modes)


def _clap(rng: np.random.Generator) -> np.ndarray:
    count = int(0.06 * RATE)
    return _band(rng.standard_normal(count), 600, 3500, 1) * np.exp(-np.arange(count) / RATE / 0.008)


def distractor(kind: str, rng: np.random.Generator) -> np.ndarray:
    """One event of a kind, its loudest 100 ms at -23 dB."""
    if kind == "click":
        made = click(rng)
    elif kind == "keys":
        made = _sprinkled(2 * RATE, key_times(2.0, rng), _key, rng)
    elif kind == "dishes":
        made = _sprinkled(int(1.5 * RATE), np.sort(rng.uniform(0, 1, int(rng.integers(1, 7)))), _dish, rng)
    elif kind == "claps":
        made = _sprinkled(2 * RATE, np.arange(int(rng.integers(1, 6))) * rng.uniform(0.2, 0.4), _clap, rng)
    else:
        made = {"cough": cough, "laugh": laugh, "door": door, "backchannel": backchannel}[kind](rng)
    power = np.convolve(made**2, np.ones(1600) / 1600)
    return (made * gain(-23) / np.sqrt(power.max() + 1e-12)).astype(np.float32)
