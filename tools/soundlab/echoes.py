"""How much of the echo goes, and how much of the person stays."""

import warnings

import numpy as np
from scipy.signal import correlate

from .detection import Heard
from .truth import FRAME, FRAME_MS, RATE, Scene, inside

LARGEST_DELAY = 30 * RATE // 1000
FIRST_MS = 5000
# Steady is what holds after this much of the scene.
SETTLED_MS = 10_000
# Levels of the user over the echo that are asked for, each standing for what lies near it.
LEVELS, NEAR_DB = (10, 0, -10), 2.5
# Less double talk than this says nothing about understanding.
SHORTEST_SECONDS = 0.6
QUIETEST = 1e-9


def delay_of(clean: np.ndarray, wanted: np.ndarray) -> int:
    """By how many samples, up to 30 ms, the output is late; 0 where they are not alike."""
    if not wanted.any() or not clean.any():
        return 0
    likeness = correlate(clean, wanted, "full", "fft")[len(wanted) - 1 :][: LARGEST_DELAY + 1]
    best = int(np.argmax(likeness))
    return best if likeness[best] > 0.05 * np.linalg.norm(clean) * np.linalg.norm(wanted) else 0


def energies(samples: np.ndarray) -> np.ndarray:
    """The energy of each frame."""
    whole = np.zeros(-(-len(samples) // FRAME) * FRAME)
    whole[: len(samples)] = samples
    return (whole.reshape(-1, FRAME) ** 2).sum(1)


def echo_only(scene: Scene) -> np.ndarray:
    """The frames in which the agent is in the room and nothing else is."""
    delay = scene.echo.get("delay_ms") or 0
    agent = inside([(start + delay, end + delay) for start, end in scene.spans("agent_speech")], scene.frames)
    others = scene.spans("speech") + scene.spans("distractors")
    return agent & ~inside(others, scene.frames, 100, 200)


def late(samples: np.ndarray, by: int) -> np.ndarray:
    """The output as if it were not late."""
    return np.concatenate([samples[by:], np.zeros(by, samples.dtype)])


class Erle:
    """The frames of one scene, to be asked for any part of it."""

    def __init__(self, scene: Scene, clean: np.ndarray):
        wanted = scene.wave("near") + scene.wave("noise")
        self.echo = energies(scene.wave("echo"))
        self.clean = energies(late(clean, delay_of(clean, wanted)))
        self.mask = echo_only(scene)
        active = np.flatnonzero(self.mask)
        self.begins_ms = int(active[0]) * FRAME_MS if len(active) else 0
        self.time = np.arange(scene.frames) * FRAME_MS

    def between(self, start_ms: float, end_ms: float = np.inf) -> float:
        part = self.mask & (self.time >= start_ms) & (self.time < end_ms)
        # Under a tenth of a second is no figure.
        if part.sum() < 10:
            return float("nan")
        return float(10 * np.log10(max(self.echo[part].sum(), QUIETEST) / max(self.clean[part].sum(), QUIETEST)))

    def course(self, step_ms: int = 250) -> tuple[np.ndarray, np.ndarray]:
        """ERLE over time after the agent's first sound, for drawing."""
        starts = np.arange(self.begins_ms, self.time[-1], step_ms)
        return (starts - self.begins_ms) / 1000, np.array([self.between(at, at + 2 * step_ms) for at in starts])


def plain(scene: Scene) -> bool:
    """Nothing is the matter with the scene's echo: a fixed short path of a fair loudspeaker."""
    echo = scene.echo
    return (
        abs(echo.get("drift_ppm") or 0) < 5
        and (echo.get("delay_ms") or 0) < 110
        and not echo.get("path_change_ms")
        and echo.get("distortion", "none") != "strong"
    )


def conditions(scene: Scene, erle: Erle) -> dict[str, float]:
    """The figures that this scene has something to say about."""
    echo, found = scene.echo, {}
    steady = erle.between(erle.begins_ms + SETTLED_MS)
    drift, change = abs(echo.get("drift_ppm") or 0), echo.get("path_change_ms")
    if change:
        found["changed_first_2_s"] = erle.between(change + 100, change + 2000)
        found["changed_2_to_5_s"] = erle.between(change + 2000, change + 5000)
        return found
    found["all_first_5_s"] = erle.between(erle.begins_ms, erle.begins_ms + FIRST_MS)
    found["all_steady"] = steady
    if plain(scene):
        found["first_5_s"] = erle.between(erle.begins_ms, erle.begins_ms + FIRST_MS)
        found["steady"] = steady
    if (echo.get("delay_ms") or 0) >= 110 and drift < 5:
        found["delay_120"] = steady
    if 30 <= drift <= 80:
        found["drift_50"] = steady
    if drift >= 150:
        found["drift_200"] = steady
    if echo.get("distortion") == "strong" and drift < 5:
        found["distorted"] = steady
    return found


def mean(values) -> float:
    values = [value for value in values if not np.isnan(value)]
    return float(np.mean(values)) if values else float("nan")


def measure_erle(heard: Heard) -> dict:
    figures: dict[str, list[float]] = {}
    for scene, track in heard:
        for name, value in conditions(scene, Erle(scene, track.clean)).items():
            figures.setdefault(name, []).append(value)
    return {"scenes": len(heard)} | {name: mean(values) for name, values in figures.items()}


def measure_stoi(heard: Heard) -> dict:
    """The user's understanding while both talk, by the user's level over the echo."""
    from pystoi import stoi

    figures: dict[str, list[float]] = {}
    before: dict[str, list[float]] = {}
    delays = []
    for scene, track in heard:
        level = next((at for at in LEVELS if abs((scene.echo.get("user_to_echo_db") or 0) - at) <= NEAR_DB), None)
        both = inside(scene.spans("speech"), scene.frames) & inside(scene.spans("agent_speech"), scene.frames)
        if level is None or both.sum() * FRAME_MS < SHORTEST_SECONDS * 1000:
            continue
        near, mic = scene.wave("near"), scene.wave("mic")
        kept = np.repeat(both, FRAME)[: len(near)]
        by = delay_of(track.clean * kept, near * kept)
        delays.append(by)
        name = f"{level:+d}"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            figures.setdefault(name, []).append(float(stoi(near[kept], late(track.clean, by)[kept], RATE)))
            before.setdefault(name, []).append(float(stoi(near[kept], mic[kept], RATE)))
    return {
        "scenes": {name: len(values) for name, values in figures.items()},
        "stoi": {name: mean(values) for name, values in figures.items()},
        "stoi_of_mic": {name: mean(values) for name, values in before.items()},
        "delay_ms": float(np.median(delays)) * 1000 / RATE if delays else float("nan"),
    }
