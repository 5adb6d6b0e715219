"""What the makers of scenes share: the rate, the folder, levels and files."""

import os
import wave
from pathlib import Path

import numpy as np

RATE = 16_000
HOP = 160

ROOT = Path(__file__).resolve().parent.parent.parent


def folder() -> Path:
    """Where material and scenes live."""
    return Path(os.environ.get("AURICLE_HEARING", ROOT / "build" / "hearing"))


def gain(db: float) -> float:
    return 10.0 ** (db / 20)


def level(samples: np.ndarray) -> float:
    """Root mean square in dB of full scale."""
    return 10 * float(np.log10(np.mean(np.square(samples, dtype=np.float64)) + 1e-14))


def frame_levels(samples: np.ndarray) -> np.ndarray:
    """The level of each 10 ms."""
    count = len(samples) // HOP
    frames = samples[: count * HOP].reshape(count, HOP)
    return 10 * np.log10(np.mean(np.square(frames, dtype=np.float64), axis=1) + 1e-14)


def active(samples: np.ndarray, below: float = 32.0, gap: int = 10, least: int = 3) -> np.ndarray:
    """Which 10 ms frames are audible: at most `below` dB under the loud part, gaps closed.

    The loud part is what a voltmeter would show while somebody speaks: the mean power of the
    frames that are not silent. Pauses of up to `gap` frames belong to the speech; what is shorter
    than `least` frames is a click and does not.
    """
    levels = frame_levels(samples)
    if len(levels) == 0 or levels.max() < -90:
        return np.zeros(len(levels), bool)
    loud = levels[levels > levels.max() - 25]
    mean = 10 * np.log10(np.mean(10 ** (loud / 10)))
    flags = levels > mean - below
    for start, end in runs(~flags):
        if start > 0 and end < len(flags) and end - start <= gap:
            flags[start:end] = True
    for start, end in runs(flags):
        if end - start < least:
            flags[start:end] = False
    return flags


def active_level(samples: np.ndarray) -> float:
    """The level of the audible part, in dB of full scale."""
    flags = active(samples)
    if not flags.any():
        return -140.0
    power = 10 ** (frame_levels(samples)[flags] / 10)
    return 10 * float(np.log10(power.mean()))


def runs(flags: np.ndarray) -> list[tuple[int, int]]:
    """The stretches of truth, as first and one past last."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], flags.astype(np.int8), [0]))))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist()))


def read_wave(path: Path) -> np.ndarray:
    """The samples of a mono 16-bit file as floats of -1 to 1, whatever its rate."""
    with wave.open(str(path), "rb") as file:
        data = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float32) / 32768
        return data.reshape(-1, file.getnchannels()).mean(axis=1)


def write_wave(path: Path, samples: np.ndarray) -> None:
    """Writes 16-bit samples, or floats of -1 to 1 rounded to them."""
    if samples.dtype != np.int16:
        samples = np.clip(np.rint(samples * 32768), -32768, 32767).astype(np.int16)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples.astype("<i2").tobytes())
