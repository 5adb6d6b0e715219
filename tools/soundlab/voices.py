"""Talkers: the voices of a split, each also in other sizes, and what they say next."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.signal import resample_poly

from .material import VOICES, voice_file
from .sound import RATE


@lru_cache(maxsize=None)
def _utterances(name: str) -> tuple[np.ndarray, np.ndarray]:
    with np.load(voice_file(name)) as file:
        return file["samples"], file["ends"]


def stretched(samples: np.ndarray, factor: float) -> np.ndarray:
    """The same pitch in `factor` times the time: overlapped pieces, each placed where it fits best."""
    window, hop, search = 480, 240, 120
    shape = np.hanning(window + 1)[:window].astype(np.float32)
    count = int((len(samples) * factor - window) / hop)
    if count < 2:
        return samples
    padded = np.concatenate([samples, np.zeros(window + hop + 2 * search + 8, np.float32)])
    out = np.zeros(count * hop + window, np.float32)
    weight = np.zeros_like(out)
    expected = padded[:window]
    for index in range(count):
        middle = int(index * hop / factor)
        first = max(0, middle - search)
        fit = np.correlate(padded[first : first + window + 2 * search : 2], expected[::2], "valid")
        start = first + 2 * int(np.argmax(fit))
        out[index * hop : index * hop + window] += shape * padded[start : start + window]
        weight[index * hop : index * hop + window] += shape
        expected = padded[start + hop : start + hop + window]
    return out / np.maximum(weight, 0.1)


@dataclass
class Talker:
    """One voice in one size: `size` moves pitch and formants together, `pace` the rate alone."""

    voice: str
    size: float = 1.0
    pace: float = 1.0

    @property
    def name(self) -> str:
        return self.voice if self.size == 1 else f"{self.voice}@{self.size:.2f}"

    def utterance(self, rng: np.random.Generator, shortest: float = 0.3, longest: float = 12.0) -> np.ndarray:
        """Something this talker says, at -23 dB when active. Lengths are wishes, in seconds."""
        samples, ends = _utterances(self.voice)
        starts = np.concatenate([[0], ends[:-1]])
        seconds = (ends - starts) / RATE
        fitting = np.flatnonzero((seconds >= shortest) & (seconds <= longest))
        if len(fitting) == 0:
            fitting = np.argsort(np.abs(seconds - (shortest + longest) / 2))[:3]
        index = int(rng.choice(fitting))
        said = samples[starts[index] : ends[index]].astype(np.float32) / 32768
        if self.size != 1:
            said = resample_poly(said, 40, round(40 * self.size)).astype(np.float32)
        if abs(self.pace - 1) > 0.03:
            said = stretched(said, self.pace)
        return said


def voice_names(split: str) -> list[str]:
    """The voices of a split that could be made here."""
    return [voice.name for voice in VOICES if voice.split == split and voice_file(voice.name).exists()]


def talker(split: str, rng: np.random.Generator, other_than: str = "") -> Talker:
    """A talker of the split. Real voices are a third of the draws, though they are few."""
    names = [name for name in voice_names(split) if name != other_than]
    real = [name for name in names if name.startswith(("asterisk", "volunteer"))]
    weights = np.ones(len(names))
    for index, name in enumerate(names):
        if name in real:
            weights[index] = _utterances(name)[1][-1] ** 0.5
    is_real = np.array([name in real for name in names])
    if is_real.any() and not is_real.all():
        share = 0.45
        weights[is_real] *= share / weights[is_real].sum()
        weights[~is_real] *= (1 - share) / weights[~is_real].sum()
    name = str(rng.choice(names, p=weights / weights.sum()))
    if split == "train" or not name.startswith("asterisk"):
        varied = rng.random() < (0.75 if split == "train" else 0.3)
        if varied:
            size = float(rng.uniform(0.82, 1.28))
            return Talker(name, round(40 * size) / 40, float(rng.uniform(0.85, 1.2)) * (size if size > 1 else 1))
    return Talker(name)
