"""How well a detector tells a person from everything else, measured on the microphone alone."""

import numpy as np
from scipy.stats import rankdata

from .runs import Track
from .truth import FRAME_MS, Scene, inside

# A truth drawn by energy is a few frames off at both ends of a word, whoever draws it.
COLLAR_MS = 50
# An onset counts after this much silence; a talker's pauses are not onsets.
QUIET_BEFORE_MS = 500
# A change to speech this little before an onset is early, one this long after an end is late: neither is false.
EARLY_MS, LATE_MS = 100, 300
MUSIC = ("music", "song")
SHORT = ("click", "key", "door", "cutlery")

Heard = list[tuple[Scene, Track]]


def noise_group(scene: Scene) -> str:
    if scene.kind == "music" or scene.noise.startswith(MUSIC):
        return "music"
    if scene.kind == "clicks" or scene.noise.startswith(SHORT):
        return "clicks"
    return "babble" if scene.noise.startswith("babble") else "steady"


def roc_area(scores: np.ndarray, positive: np.ndarray) -> float:
    """The chance that a frame of speech scores above one without, ties counting half."""
    yes, no = int(positive.sum()), int((~positive).sum())
    if not yes or not no:
        return float("nan")
    return float((rankdata(scores)[positive].sum() - yes * (yes + 1) / 2) / (yes * no))


def miss_at(scores: np.ndarray, positive: np.ndarray, false_share: float = 0.05) -> float:
    """The share of speech frames lost by the lowest threshold that lets through at most that many false frames."""
    if not positive.any() or positive.all():
        return float("nan")
    silent = np.sort(scores[~positive])
    allowed = int(np.floor(false_share * len(silent)))
    threshold = silent[len(silent) - 1 - allowed]
    return float((scores[positive] <= threshold).mean())


def roc(scores: np.ndarray, positive: np.ndarray, points: int = 400) -> tuple[np.ndarray, np.ndarray]:
    """False and true shares by falling threshold, thinned for drawing."""
    order = np.argsort(-scores, kind="stable")
    hit = np.cumsum(positive[order]) / max(positive.sum(), 1)
    false = np.cumsum(~positive[order]) / max((~positive).sum(), 1)
    last = np.append(np.flatnonzero(np.diff(scores[order])), len(order) - 1)
    kept = last[np.unique(np.linspace(0, len(last) - 1, points).astype(int))]
    return np.append(0, false[kept]), np.append(0, hit[kept])


def debounced(vad: np.ndarray, threshold: float = 0.5, on_frames: int = 3, off_frames: int = 20) -> np.ndarray:
    """The state of a detector that has none of its own: on after a few frames above, off after more below."""
    above = vad >= threshold
    state = np.zeros(len(vad), bool)
    on, high, low = False, 0, 0
    for index, value in enumerate(above.tolist()):
        high, low = (high + 1, 0) if value else (0, low + 1)
        if not on and high >= on_frames:
            on = True
        elif on and low >= off_frames:
            on = False
        state[index] = on
    return state


def onsets(spans) -> list[tuple[float, float]]:
    """The spans that follow silence, with the end of what is said from there on."""
    found: list[tuple[float, float]] = []
    for start, end in sorted(spans):
        if found and start - found[-1][1] < QUIET_BEFORE_MS:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        elif found or start >= QUIET_BEFORE_MS:
            found.append((start, end))
    return found


def rises(state: np.ndarray) -> np.ndarray:
    """The frames in which the state changes to speech."""
    return np.flatnonzero(np.diff(np.concatenate([[False], state]).astype(int)) == 1)


def onset_latencies(state: np.ndarray, spans) -> tuple[list[float], int, int]:
    """Latencies in ms of those caught, how many were already on, how many were never heard."""
    latencies, already, missed = [], 0, 0
    for start, end in onsets(spans):
        # The last frame that is known before the person speaks.
        before = int(start // FRAME_MS) - 1
        if 0 <= before < len(state) and state[before]:
            already += 1
            continue
        on = np.flatnonzero(state[before + 1 : int(end // FRAME_MS) + 1])
        if len(on):
            latencies.append((before + 1 + int(on[0]) + 1) * FRAME_MS - start)
        else:
            missed += 1
    return latencies, already, missed


def measure(heard: Heard) -> dict:
    scores, positive, sure, groups = [], [], [], []
    latencies: list[float] = []
    already = missed = 0
    false = {}
    silence = {}
    on = {}
    for scene, track in heard:
        spans, frames = scene.spans("speech"), scene.frames
        speech = inside(spans, frames)
        edges = [(time, time) for span in spans for time in span]
        group = noise_group(scene)
        scores.append(track.vad)
        positive.append(speech)
        sure.append(~inside(edges, frames, COLLAR_MS, COLLAR_MS))
        groups.append(np.full(frames, group))
        state = track.state if track.state is not None else debounced(track.vad)
        caught, early, never = onset_latencies(state, spans)
        latencies += caught
        already += early
        missed += never
        quiet = ~inside(spans, frames, EARLY_MS, LATE_MS)
        false[group] = false.get(group, 0) + int(quiet[rises(state)].sum())
        silence[group] = silence.get(group, 0) + int(quiet.sum())
        on[group] = on.get(group, 0) + int(state[quiet].sum())
    vad, truth, certain = np.concatenate(scores), np.concatenate(positive), np.concatenate(sure)
    group_of = np.concatenate(groups)
    count = len(latencies) + already + missed
    per_hour = {name: 360_000 * false[name] / max(silence[name], 1) for name in false}
    return {
        "scenes": len(heard),
        "auc": roc_area(vad, truth),
        "auc_collar": roc_area(vad[certain], truth[certain]),
        "auc_by_noise": {name: roc_area(vad[group_of == name], truth[group_of == name]) for name in sorted(false)},
        "miss_at_5": miss_at(vad, truth),
        "miss_at_5_collar": miss_at(vad[certain], truth[certain]),
        "onset_median_ms": percentile(latencies, 50),
        "onset_p95_ms": percentile(latencies, 95),
        "onset_already_on": already / count if count else float("nan"),
        "onset_missed": missed / count if count else float("nan"),
        "onsets": count,
        "false_per_hour": 360_000 * sum(false.values()) / max(sum(silence.values()), 1),
        "false_per_hour_by_noise": per_hour,
        "on_in_silence_by_noise": {name: on[name] / max(silence[name], 1) for name in on},
    }


def curve(heard: Heard) -> tuple[np.ndarray, np.ndarray]:
    vad = np.concatenate([track.vad for _, track in heard])
    return roc(vad, np.concatenate([scene.speaking() for scene, _ in heard]))


def percentile(values, share: float) -> float:
    return float(np.percentile(values, share)) if len(values) else float("nan")
