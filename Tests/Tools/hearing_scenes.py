"""Hand-made scenes and tracks: the truth is whatever the test says it is."""

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

from soundlab.runs import Track  # noqa: E402
from soundlab.truth import FRAME, RATE, Scene, inside  # noqa: E402


class Made(Scene):
    """A scene that is on no disk: silence, unless the test gives it waves."""

    def __init__(self, kind: str, seconds: float, waves: dict[str, np.ndarray] | None = None, **truth):
        super().__init__(Path("made"), {"kind": kind, "split": "test", "seconds": seconds} | truth)
        self.__dict__["samples"] = int(seconds * RATE)
        self.__dict__["waves"] = waves or {}

    def wave(self, name: str) -> np.ndarray:
        return self.waves.get(name, np.zeros(self.samples, np.float32))


def track(scene: Scene, vad=None, state=None, events=(), clean=None) -> Track:
    vad = np.zeros(scene.frames, np.float32) if vad is None else np.asarray(vad, np.float32)
    told = [{"type": "event", "t_ms": time, "event": name} for time, name in events]
    return Track(vad, state, told, clean)


def during(scene: Scene, *spans) -> np.ndarray:
    return inside(spans, scene.frames)


def noise(seed: int, seconds: float, level: float = 0.1) -> np.ndarray:
    return (level * np.random.default_rng(seed).standard_normal(int(seconds * RATE))).astype(np.float32)


__all__ = ["FRAME", "RATE", "Made", "during", "noise", "track"]
