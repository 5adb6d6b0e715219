"""A scene on disk: what was heard, what was played, and what was true."""

import json
import os
import wave
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

RATE = 16_000
FRAME = 160
FRAME_MS = 10

ROOT = Path(__file__).resolve().parent.parent.parent


def folder() -> Path:
    """Where material, scenes, runs and plots live."""
    return Path(os.environ.get("AURICLE_HEARING", ROOT / "build" / "hearing"))


def read_wave(path: Path) -> np.ndarray:
    """The samples of a mono 16 kHz file as floats of -1 to 1."""
    with wave.open(str(path), "rb") as file:
        shape = (file.getframerate(), file.getnchannels(), file.getsampwidth())
        if shape != (RATE, 1, 2):
            raise ValueError(f"{path}: rate, channels and bytes are {shape}, but must be {(RATE, 1, 2)}")
        data = file.readframes(file.getnframes())
    return np.frombuffer(data, "<i2").astype(np.float32) / 32768


def write_wave(path: Path, samples: np.ndarray) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(np.clip(np.round(samples * 32768), -32768, 32767).astype("<i2").tobytes())


def inside(spans, frames: int, before: float = 0, after: float = 0) -> np.ndarray:
    """For each frame whether its middle lies in one of the spans (in ms), each made longer at both ends."""
    marked = np.zeros(frames, bool)
    for start, end in spans:
        first = int(np.ceil((start - before - FRAME_MS / 2) / FRAME_MS))
        last = int(np.ceil((end + after - FRAME_MS / 2) / FRAME_MS))
        marked[max(first, 0) : max(last, 0)] = True
    return marked


@dataclass(frozen=True)
class Scene:
    path: Path
    truth: dict

    @staticmethod
    def load(path: Path) -> "Scene":
        return Scene(path, json.loads((path / "truth.json").read_text()))

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def kind(self) -> str:
        return self.truth["kind"]

    @cached_property
    def samples(self) -> int:
        with wave.open(str(self.path / "mic.wav"), "rb") as file:
            return file.getnframes()

    @property
    def frames(self) -> int:
        return -(-self.samples // FRAME)

    @property
    def seconds(self) -> float:
        return self.samples / RATE

    @property
    def noise(self) -> str:
        return (self.truth.get("noise") or {}).get("kind") or "none"

    @property
    def echo(self) -> dict:
        return self.truth.get("echo") or {}

    def wave(self, name: str) -> np.ndarray:
        return read_wave(self.path / f"{name}.wav")

    def spans(self, name: str) -> list[tuple[float, float]]:
        """Spans of the truth as pairs, however they are written there."""
        listed = self.truth.get(name) or []
        return [
            (item["start_ms"], item["end_ms"]) if isinstance(item, dict) else (item[0], item[1])
            for item in listed
        ]

    def speaking(self) -> np.ndarray:
        return inside(self.spans("speech"), self.frames)


def scenes(split: str, kinds=None, root: Path | None = None) -> list[Scene]:
    """The scenes of a split in the order of their names, those of the given kinds only."""
    found = []
    for path in sorted(((root or folder()) / "scenes" / split).glob("*/truth.json")):
        scene = Scene.load(path.parent)
        if not kinds or scene.kind in kinds:
            found.append(scene)
    return found
