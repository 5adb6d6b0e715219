"""What the learned listener is told (written by auricle-features) and what it should answer."""

import json
import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np

FEATURES = 120
BANDS = 24
FRAME = 160
# ReferenceAligner.micDelay: the error is this much later than the microphone.
MIC_DELAY = 96
# Places of SpeechFeatures.Place that augmentation touches.
SHAPE = slice(0, 24)
HINT = 102 + 14
IS_FAR = 102 + 15

# The middles of the bands in bins of 50 Hz, as in BandLayout.
MIDDLES = [2, 4, 6, 8, 10, 12, 14, 17, 20, 23, 27, 31, 36, 41, 47, 54, 62, 71, 81, 93, 106, 121, 139, 158]


def read_wave(path: Path) -> np.ndarray:
    """A mono 16-bit file, full scale 1."""
    with wave.open(str(path)) as file:
        data = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    return data.astype(np.float32) / 32768


def band_matrix() -> np.ndarray:
    """Powers of 161 bins to powers of 24 bands."""
    matrix = np.zeros((161, BANDS), np.float32)
    band = 0
    for bin in range(1, 161):
        while band < BANDS - 1 and bin >= MIDDLES[band + 1]:
            band += 1
        share = 0.0
        if band < BANDS - 1 and bin > MIDDLES[band]:
            share = (bin - MIDDLES[band]) / (MIDDLES[band + 1] - MIDDLES[band])
            matrix[bin, band + 1] = share
        matrix[bin, band] += 1 - share
    return matrix


def band_powers(sound: np.ndarray, frames: int) -> np.ndarray:
    """Powers in bands of windows of 20 ms that end with each frame."""
    padded = np.zeros((frames + 1) * FRAME, np.float32)
    count = min(len(sound), frames * FRAME)
    padded[FRAME : FRAME + count] = sound[:count]
    blocks = np.lib.stride_tricks.sliding_window_view(padded, 2 * FRAME)[::FRAME]
    window = np.sin(np.pi * (np.arange(2 * FRAME) + 0.5) / (2 * FRAME)).astype(np.float32)
    spectrum = np.fft.rfft(blocks * window)
    power = (spectrum.real**2 + spectrum.imag**2) * (4 / (2 * FRAME) ** 2)
    return (power @ band_matrix()).astype(np.float32)


def delayed(sound: np.ndarray, samples: int) -> np.ndarray:
    return np.concatenate([np.zeros(samples, np.float32), sound])[: len(sound)]


def marked(intervals: list, frames: int) -> np.ndarray:
    """Frames whose middle lies in one of the intervals, which are in ms."""
    marks = np.zeros(frames, bool)
    for start, end in intervals:
        marks[max(0, int(round((start - 5) / 10))) : max(0, int(round((end - 5) / 10)))] = True
    return marks


def span(entry: dict) -> tuple:
    return (entry["start_ms"], entry["end_ms"])


@dataclass
class Scene:
    name: str
    truth: dict
    features: np.ndarray  # frames x FEATURES, float16
    speech: np.ndarray  # bool by frame
    backchannel: np.ndarray  # bool by frame
    music: np.ndarray  # bool by frame
    gains: np.ndarray  # frames x BANDS, float16; what each band of the error should be multiplied with

    @property
    def far(self) -> np.ndarray:
        return self.features[:, IS_FAR] > 0.5


def load(folder: Path, dumped: Path) -> Scene:
    """A scene and what auricle-features wrote about it."""
    truth = json.loads((folder / "truth.json").read_text())
    features = np.fromfile(dumped / f"{folder.name}.features", "<f4").reshape(-1, FEATURES)
    frames = len(features)
    of_kind = lambda kind: [span(d) for d in truth.get("distractors", []) if d["kind"] == kind]
    backchannel = marked(of_kind("backchannel"), frames)
    speech = marked(truth.get("speech", []), frames) | backchannel
    music = marked(of_kind("music"), frames)
    if (truth.get("noise") or {}).get("kind") == "music":
        music[:] = True
    far = features[:, IS_FAR] > 0.5
    gains = np.ones((frames, BANDS), np.float32)
    if far.any():
        error = np.fromfile(dumped / f"{folder.name}.error", "<i2").astype(np.float32) / 32768
        wanted = read_wave(folder / "near.wav")
        wanted = delayed(wanted + read_wave(folder / "noise.wav"), MIC_DELAY)
        error = error[: len(wanted)]
        kept = band_powers(wanted, frames)
        rest = band_powers(error - wanted[: len(error)], frames)
        gains = np.sqrt((kept + 1e-12) / (kept + rest + 1e-12))
    return Scene(
        folder.name, truth, np.clip(features, -60, 60).astype(np.float16), speech, backchannel, music,
        gains.astype(np.float16))
