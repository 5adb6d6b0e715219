"""Who interrupts a talking agent is heard at once, and the agent never interrupts itself."""

import numpy as np

from .detection import Heard, percentile
from .runs import Track
from .truth import FRAME_MS, Scene, inside

# A decision this little before the true onset is not luck but the truth's edge.
EARLY_MS = 50
IN_TIME_MS = 500
# A late decision on a real interruption is late, not false.
AFTER_MS = 500
COLD_STARTS = 80
BUDGETS = (4, 12, 40, 120)
# The rule of the sweep: this many frames in a row at or above the threshold.
DURATIONS = (1, 2, 3, 5, 8, 12, 16, 24, 32)
DRAWS = 8
# What was decided once is decided again only after so many frames below.
REARM_FRAMES = 30
# The agent's last sound is in the room a little longer than on the wire.
TAIL_MS = 300


def caught(times: list[float], interruptions) -> list[float | None]:
    """The latency of each interruption that was caught in time, after its true onset."""
    found = []
    for start, _ in interruptions:
        fit = [time - start for time in times if start - EARLY_MS <= time <= start + IN_TIME_MS]
        found.append(min(fit) if fit else None)
    return found


def exposed(scene: Scene) -> np.ndarray:
    """The frames in which the agent talks and nobody interrupts it."""
    talking = inside(scene.spans("agent_speech"), scene.frames, 0, TAIL_MS)
    return talking & ~inside(scene.spans("interruptions"), scene.frames, EARLY_MS, AFTER_MS)


def false_times(times: list[float], free: np.ndarray) -> list[float]:
    return [time for time in times if free[min(max(int(time // FRAME_MS) - 1, 0), len(free) - 1)]]


def stage(heard: Heard, event: str) -> dict:
    """One stage (duck or barge_in) over all scenes."""
    latencies: list[float | None] = []
    by_level: dict[str, list[bool]] = {}
    wrong, frames = 0, 0
    blamed: dict[str, int] = {}
    for scene, track in heard:
        times = track.times(event)
        found = caught(times, scene.spans("interruptions"))
        latencies += found
        level = scene.echo.get("user_to_echo_db")
        if found and level is not None:
            by_level.setdefault(f"{level:+g}", []).extend(item is not None for item in found)
        free = exposed(scene)
        frames += int(free.sum())
        for time in false_times(times, free):
            wrong += 1
            cause = distractor_at(scene, time)
            blamed[cause] = blamed.get(cause, 0) + 1
    good = [item for item in latencies if item is not None]
    return {
        "interruptions": len(latencies),
        "caught": len(good) / len(latencies) if latencies else float("nan"),
        "median_ms": percentile(good, 50),
        "p95_ms": percentile(good, 95),
        "false_per_hour": 360_000 * wrong / frames if frames else float("nan"),
        "false": wrong,
        "exposed_hours": frames / 360_000,
        "caught_by_level": {name: float(np.mean(values)) for name, values in sorted(by_level.items(), key=lambda pair: float(pair[0]))},
        "false_by_cause": blamed,
    }


def distractor_at(scene: Scene, time: float) -> str:
    """What was going on when it decided wrongly: a cough, a door, or nothing but its own echo."""
    for item in scene.truth.get("distractors") or []:
        if item["start_ms"] <= time <= item["end_ms"] + AFTER_MS:
            return item["kind"]
    return "echo"


def cold(heard: Heard) -> dict:
    """Starts in which it heard itself: nobody speaks in them, or only later."""
    starts = {"barge_in": 0, "speech_start": 0, "duck": 0}
    for scene, track in heard:
        free = ~inside(scene.spans("speech"), scene.frames, EARLY_MS, AFTER_MS)
        for event in starts:
            starts[event] += bool(false_times(track.times(event), free))
    count = len(heard)
    return {"starts": count} | {f"false_{name}": value for name, value in starts.items()}


# --- the sweep: any detector with the same simple rule ---


def run_lengths(above: np.ndarray) -> np.ndarray:
    """For each frame how many in a row up to it are above."""
    index = np.arange(1, len(above) + 1)
    return index - np.maximum.accumulate(np.where(above, 0, index))


def decisions(vad: np.ndarray, allowed: np.ndarray, threshold: float, duration: int) -> list[float]:
    """When the rule decides: so many frames above while the agent talks, once until it was below long enough."""
    above = (vad >= threshold) & allowed
    hits = np.flatnonzero(run_lengths(above) == duration)
    if not len(hits):
        return []
    high = np.flatnonzero(above)
    found, last = [], -REARM_FRAMES - 1
    for hit in hits.tolist():
        # The last frame above before this run tells whether it was quiet long enough to decide anew.
        before = np.searchsorted(high, hit - duration + 1) - 1
        quiet = hit - duration + 1 - (int(high[before]) if before >= 0 else -REARM_FRAMES - 1)
        if quiet > REARM_FRAMES or last < 0:
            found.append((hit + 1) * FRAME_MS)
            last = hit
    return found


def thresholds(heard: Heard) -> np.ndarray:
    """Where the rule can tell anything apart: quantiles of what is heard while the agent talks."""
    values = np.concatenate([track.vad[exposed(scene)] for scene, track in heard])
    users = np.concatenate([track.vad[inside(scene.spans("interruptions"), scene.frames)] for scene, track in heard])
    if not len(values) or not len(users):
        return np.array([0.5])
    marks = np.concatenate([np.quantile(values, 1 - np.geomspace(0.3, 2e-4, 24)), np.quantile(users, np.linspace(0.05, 0.9, 18))])
    return np.unique(np.maximum(marks, 1e-6))


def rule_counts(heard: Heard, marks: np.ndarray) -> tuple[np.ndarray, np.ndarray, list]:
    """For each setting and scene: how many caught, how many false, and the latencies."""
    shape = (len(marks) * len(DURATIONS), len(heard))
    hit, wrong = np.zeros(shape, int), np.zeros(shape, int)
    latencies = [[[] for _ in heard] for _ in range(shape[0])]
    for column, (scene, track) in enumerate(heard):
        allowed = inside(scene.spans("agent_speech"), scene.frames, 0, TAIL_MS)
        free, interruptions = exposed(scene), scene.spans("interruptions")
        for row, (mark, duration) in enumerate((mark, duration) for mark in marks for duration in DURATIONS):
            times = decisions(track.vad, allowed, mark, duration)
            good = [item for item in caught(times, interruptions) if item is not None]
            latencies[row][column] = good
            hit[row, column] = len(good)
            wrong[row, column] = len(false_times(times, free))
    return hit, wrong, latencies


def halves(count: int) -> list[np.ndarray]:
    """Both halves of several fixed draws: a single one would say as much of the draw as of the detector."""
    found = []
    for draw in range(DRAWS):
        order = np.random.default_rng(draw).permutation(count)
        chosen = np.zeros(count, bool)
        chosen[order[: count // 2]] = True
        found += [chosen, ~chosen]
    return found


def sweep(heard: Heard, cold_heard: Heard = ()) -> dict:
    """Caught within a budget of false ones: settings fixed on one half of the scenes, scored on the other."""
    marks = thresholds(heard)
    settings = [(float(mark), duration) for mark in marks for duration in DURATIONS]
    hit, wrong, latencies = rule_counts(heard, marks)
    hours = np.array([exposed(scene).sum() for scene, _ in heard]) / 360_000
    total = np.array([len(scene.spans("interruptions")) for scene, _ in heard])
    result = {}
    for budget in BUDGETS:
        good: list[float] = []
        false = 0
        for chosen in halves(len(heard)):
            scored = ~chosen
            best = _best(hit[:, chosen].sum(1), wrong[:, chosen].sum(1) <= budget * hours[chosen].sum())
            if best is None:
                continue
            good += [item for column in np.flatnonzero(scored) for item in latencies[best][column]]
            false += int(wrong[best, scored].sum())
        whole = _best(hit.sum(1), wrong.sum(1) <= budget * hours.sum())
        entry = {
            "caught": len(good) / (DRAWS * total.sum()) if total.sum() else float("nan"),
            "median_ms": percentile(good, 50),
            "false_per_hour": false / (DRAWS * hours.sum()) if hours.sum() else float("nan"),
        }
        if whole is not None:
            threshold, duration = settings[whole]
            entry |= {"threshold": threshold, "frames": duration, "caught_in_sample": float(hit[whole].sum() / max(total.sum(), 1))}
            if cold_heard:
                entry["false_cold"] = sum(_false_cold(scene, track, threshold, duration) for scene, track in cold_heard)
                entry["cold_starts"] = len(cold_heard)
        result[str(budget)] = entry
    return result


def trade(heard: Heard) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """False ones per hour, share caught and median latency of every setting, for drawing."""
    hit, wrong, latencies = rule_counts(heard, thresholds(heard))
    hours = sum(exposed(scene).sum() for scene, _ in heard) / 360_000
    total = sum(len(scene.spans("interruptions")) for scene, _ in heard)
    medians = np.array([percentile([item for column in row for item in column], 50) for row in latencies])
    return wrong.sum(1) / max(hours, 1e-9), hit.sum(1) / max(total, 1), medians


def _best(hit: np.ndarray, fits: np.ndarray) -> int | None:
    """The setting that catches most among those that fit; of equals the one with the longer rule."""
    if not fits.any():
        return None
    return int(np.flatnonzero(fits & (hit == hit[fits].max()))[-1])


def _false_cold(scene: Scene, track: Track, threshold: float, duration: int) -> bool:
    allowed = inside(scene.spans("agent_speech"), scene.frames, 0, TAIL_MS)
    free = ~inside(scene.spans("speech"), scene.frames, EARLY_MS, AFTER_MS)
    return bool(false_times(decisions(track.vad, allowed, threshold, duration), free))
