"""Rooms by the image method, loudspeakers that bend the sound, and clocks that disagree."""

from functools import lru_cache

import numpy as np
from scipy.signal import butter, firwin, oaconvolve, resample_poly, sosfilt

from .sound import RATE, folder

SPEED = 343.0
# The direct sound stands here in every response, so a delay means the delay of the direct sound.
DIRECT_AT = 32
EARLY_SECONDS = 0.09
OVERSAMPLED = 4
COUNTS = {"train": 60, "dev": 12, "test": 24}
SEEDS = {"train": 11_000, "dev": 12_000, "test": 13_000}
TALKER_PLACES, PATHS, NOISE_PLACES = 4, 3, 2


def response(room: np.ndarray, source: np.ndarray, mic: np.ndarray, rt60: float, rng: np.random.Generator) -> np.ndarray:
    """What the microphone hears of a click at the source: images first, then a decaying tail.

    The direct sound has the level 1 at 1 m.
    """
    absorption = min(0.95, 0.161 * room.prod() / (2 * rt60 * (room[0] * room[1] + room[0] * room[2] + room[1] * room[2])))
    reflection = np.sqrt(1 - absorption)
    reach = EARLY_SECONDS * SPEED
    orders = [np.arange(-int(reach / (2 * side)) - 1, int(reach / (2 * side)) + 2) for side in room]
    distances, bounces = [], []
    for flip in np.ndindex(2, 2, 2):
        grids = np.meshgrid(*orders, indexing="ij")
        offsets = [
            (1 - 2 * flip[axis]) * source[axis] + 2 * grids[axis] * room[axis] - mic[axis] for axis in range(3)
        ]
        distances.append(np.sqrt(sum(offset**2 for offset in offsets)).ravel())
        bounces.append(sum(np.abs(grids[axis] - flip[axis]) + np.abs(grids[axis]) for axis in range(3)).ravel())
    distance, bounce = np.concatenate(distances), np.concatenate(bounces)
    direct = float(np.linalg.norm(source - mic))
    near = distance < direct + reach
    distance, bounce = distance[near], bounce[near]
    # Walls are not mirrors: each bounce shifts a little, or the room rings like a tube.
    distance = distance + np.where(bounce > 0, rng.uniform(-0.02, 0.02, len(distance)), 0)
    strength = reflection**bounce / np.maximum(distance, 0.05) * np.where(rng.random(len(distance)) < 0.5, 1, -1) ** (bounce > 1)
    length = int(min(0.5, max(0.12, rt60)) * RATE)
    fine = np.zeros(length * OVERSAMPLED)
    where = (distance - direct) / SPEED * RATE * OVERSAMPLED + DIRECT_AT * OVERSAMPLED
    whole = np.floor(where).astype(int)
    part = where - whole
    inside = (whole >= 0) & (whole + 1 < len(fine))
    fine += np.bincount(whole[inside], (strength * (1 - part))[inside], len(fine))
    fine += np.bincount(whole[inside] + 1, (strength * part)[inside], len(fine))
    early = resample_poly(fine, 1, OVERSAMPLED) * OVERSAMPLED
    tail_start = DIRECT_AT + int(0.7 * EARLY_SECONDS * RATE)
    decay = 10 ** (-3 * np.arange(length) / RATE / rt60)
    tail = sosfilt(butter(1, 3500, fs=RATE, output="sos"), rng.standard_normal(length)) * decay
    window = slice(tail_start - 480, tail_start)
    tail *= np.sqrt(np.mean(early[window] ** 2) / (np.mean(tail[window] ** 2) + 1e-20))
    cross = np.clip((np.arange(length) - tail_start + 480) / 480, 0, 1)
    mixed = early * np.sqrt(1 - cross) + tail * np.sqrt(cross)
    return sosfilt(butter(2, 40, "high", fs=RATE, output="sos"), mixed).astype(np.float32)


def _place(room: np.ndarray, mic: np.ndarray, nearest: float, farthest: float, rng: np.random.Generator) -> np.ndarray:
    """A point of the room at about the wished distance from the microphone."""
    for _ in range(60):
        direction = rng.standard_normal(3) * np.array([1, 1, 0.3])
        point = mic + direction / np.linalg.norm(direction) * rng.uniform(nearest, farthest)
        if (point > 0.15).all() and (point < room - 0.15).all():
            return point
    return np.clip(mic + np.array([nearest, 0, 0]), 0.15, room - 0.15)


def make(split: str) -> None:
    """The rooms of a split, with their places for talkers, loudspeaker and noise."""
    path = folder() / "material" / f"rooms-{split}.npz"
    if path.exists():
        return
    kept: dict[str, np.ndarray] = {}
    for index in range(COUNTS[split]):
        rng = np.random.default_rng(SEEDS[split] + index)
        room = np.array([rng.uniform(2.4, 7), rng.uniform(2.2, 6), rng.uniform(2.3, 3.2)])
        rt60 = float(rng.uniform(0.1, 0.7))
        mic = room * rng.uniform(0.25, 0.75, 3)
        mic[2] = rng.uniform(0.6, 1.4)
        speaker = _place(room, mic, 0.05, rng.choice([0.15, 1.0]), rng)
        talkers = [_place(room, mic, 0.5, min(4.0, room.max() * 0.6), rng) for _ in range(TALKER_PLACES)]
        noises = [_place(room, mic, 0.8, 4, rng) for _ in range(NOISE_PLACES)]
        # Somebody walks, something is moved: the device stays, its echo does not.
        paths = [speaker] + [speaker + rng.normal(0, 0.03, 3) for _ in range(PATHS - 1)]
        rows = [response(room, place, mic, rt60, rng) for place in talkers + paths + noises]
        kept[f"r{index}"] = np.stack(rows)
        kept[f"t{index}"] = np.array(rt60)
    path.parent.mkdir(parents=True, exist_ok=True)
    half_made = path.with_suffix(".new.npz")
    np.savez(half_made, **kept)
    half_made.rename(path)


@lru_cache(maxsize=None)
def _rooms(split: str) -> dict[str, np.ndarray]:
    make(split)
    with np.load(folder() / "material" / f"rooms-{split}.npz") as file:
        return {name: file[name] for name in file.files}


class Room:
    """One room of a split, drawn by the scene's seed. Responses are scaled to a direct sound of 1."""

    def __init__(self, split: str, rng: np.random.Generator):
        rooms = _rooms(split)
        index = int(rng.integers(COUNTS[split]))
        rows = rooms[f"r{index}"]
        self.rt60 = float(rooms[f"t{index}"])
        rows = rows / np.abs(rows).max(axis=1, keepdims=True)
        self.talkers = rows[:TALKER_PLACES]
        self.paths = rows[TALKER_PLACES : TALKER_PLACES + PATHS]
        self.noises = rows[TALKER_PLACES + PATHS :]


def placed(samples: np.ndarray, response: np.ndarray) -> np.ndarray:
    """The sound at the microphone, as long as before; its direct part is not moved."""
    return oaconvolve(samples, response).astype(np.float32)[DIRECT_AT : DIRECT_AT + len(samples)]


def loudspeaker(rng: np.random.Generator) -> np.ndarray:
    """A small box: no bass, some ripples."""
    frequencies = np.array([0, 0.5, 1, 1.6, 2.4, 3.5, 5, 6.5, 8]) * 1000
    ripple = rng.uniform(-4, 4, len(frequencies))
    grid = np.linspace(0, 8000, 129)
    shape = np.interp(grid, frequencies, ripple)
    taps = np.fft.irfft(10 ** (shape / 20))
    taps = np.roll(taps, 32)[:64] * np.hanning(64)
    impulse = np.zeros(512)
    impulse[:64] = taps
    box = sosfilt(butter(2, rng.uniform(100, 300), "high", fs=RATE, output="sos"), impulse)
    # The group delay of the ripples is not part of the path's delay.
    return box[32:].astype(np.float32)


def distorted(samples: np.ndarray, kind: str, rng: np.random.Generator) -> np.ndarray:
    """What the amplifier and the cone do to the sound: nothing, a little, or much."""
    peak = float(np.abs(samples).max())
    if kind == "none" or peak == 0:
        return samples
    x = samples / peak
    if kind == "mild":
        drive = rng.uniform(0.8, 1.6)
        bent = np.tanh(drive * x) / drive + 0.03 * x**2
    else:
        way = int(rng.integers(4))
        if way == 0:
            ceiling = rng.uniform(0.2, 0.4)
            bent = np.clip(x, -ceiling, ceiling)
        elif way == 1:
            bent = np.tanh(rng.uniform(2.5, 5) * x) / 3
        elif way == 2:
            bent = np.where(x > 0, np.tanh(2 * x) / 2, x) + rng.uniform(0.15, 0.3) * x**2
        else:
            harmonics = 0.35 * x**3 + 0.2 * x**2 - 0.2 * np.abs(x) * x
            bent = x + oaconvolve(harmonics, firwin(65, [400, 3500], pass_zero=False, fs=RATE), mode="same")
    bent = bent - bent.mean() * (np.abs(x) > 0)
    return (bent * peak).astype(np.float32)


def at_times(samples: np.ndarray, times: np.ndarray) -> np.ndarray:
    """The sound between its samples: at `times`, in samples; silence outside.

    Four times the rate by Fourier transform, then a six-point Lagrange polynomial: the error is
    below -60 dB up to 7.5 kHz.
    """
    margin = 64
    size = len(samples) + 2 * margin
    padded = np.zeros(size)
    padded[margin : margin + len(samples)] = samples
    spectrum = np.fft.rfft(padded)
    if size % 2 == 0:
        spectrum[-1] *= 0.5
    fine = np.fft.irfft(np.concatenate([spectrum, np.zeros(2 * size + 1 - len(spectrum))]), 4 * size) * 4
    position = np.clip((times + margin) * 4, 3, 4 * size - 5)
    whole = np.floor(position).astype(np.int64)
    part = position - whole
    out = np.zeros(len(times))
    nodes = range(-2, 4)
    for node in nodes:
        weight = np.ones(len(times))
        for other in nodes:
            if other != node:
                weight *= (part - other) / (node - other)
        out += weight * fine[whole + node]
    out[(times < -margin) | (times > len(samples) + margin)] = 0
    return out.astype(np.float32)


def crossfaded(before: np.ndarray, after: np.ndarray, at: int, over: int) -> np.ndarray:
    """One sound until `at`, the other from then on."""
    ramp = np.clip((np.arange(len(before)) - at) / max(over, 1), 0, 1).astype(np.float32)
    return before * (1 - ramp) + after * ramp
