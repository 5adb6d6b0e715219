"""How soon the end of a turn is known, and how often too soon."""

import numpy as np

from .detection import Heard, percentile
from .truth import FRAME_MS

# An end that is not known by then was missed.
PATIENCE_MS = 3000
# What the best timer may do wrong, for a detector that ends no turns by itself.
ALLOWED = 0.05


def judge(endpoints: list[float], turns: list[tuple[float, float]]) -> list[tuple[bool, float | None]]:
    """For each turn whether it was cut, and how long after its end it was ended, if it was."""
    verdicts = []
    for index, (start, end) in enumerate(turns):
        limit = end + PATIENCE_MS
        if index + 1 < len(turns):
            limit = min(limit, turns[index + 1][0])
        cut = any(start < time < end for time in endpoints)
        ended = [time for time in endpoints if end <= time <= limit]
        verdicts.append((cut, min(ended) - end if ended else None))
    return verdicts


def summary(verdicts: list[tuple[bool, float | None]]) -> dict:
    latencies = [latency for _, latency in verdicts if latency is not None]
    count = max(len(verdicts), 1)
    return {
        "turns": len(verdicts),
        "end_median_ms": percentile(latencies, 50),
        "end_p95_ms": percentile(latencies, 95),
        "cut": sum(cut for cut, _ in verdicts) / count,
        "missed": sum(latency is None for _, latency in verdicts) / count,
    }


def timer_endpoints(above: np.ndarray, silence_ms: int, shortest: int = 5) -> list[float]:
    """Endpoints of a plain timer: that long below after at least a few frames above."""
    edges = np.diff(np.concatenate([[0], above.astype(int), [0]]))
    starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    # Blips do not hold a turn open, nor do they open one.
    long = ends - starts >= shortest
    starts, ends = starts[long], ends[long]
    found = []
    for index, end in enumerate(ends):
        at = end + silence_ms // FRAME_MS
        if at <= len(above) and (index + 1 == len(starts) or starts[index + 1] >= at):
            found.append(float(at * FRAME_MS))
    return found


def measure(heard: Heard) -> dict:
    """As the system itself ends turns, and with the best timer on its probability."""
    with_turns = [(scene, track) for scene, track in heard if scene.spans("turns")]
    own: list[tuple[bool, float | None]] = []
    false = 0
    for scene, track in with_turns:
        times = track.times("endpoint")
        turns = scene.spans("turns")
        own += judge(times, turns)
        false += sum(not any(start < time <= end + PATIENCE_MS for start, end in turns) for time in times)
    result = {"best_timer": best_timer(with_turns)}
    if any(track.state is not None for _, track in with_turns):
        result |= summary(own) | {"endpoints_outside_turns": false}
    return result


def best_timer(heard: Heard) -> dict:
    """The lowest median that cuts and misses few; thresholds and silences are tried on the same scenes."""
    best: dict = {}
    for threshold in (0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95):
        for silence in range(250, 951, 50):
            verdicts = []
            for scene, track in heard:
                verdicts += judge(timer_endpoints(track.vad >= threshold, silence), scene.spans("turns"))
            found = summary(verdicts) | {"threshold": threshold, "silence_ms": silence}
            if found["cut"] > ALLOWED or found["missed"] > ALLOWED:
                continue
            if not best or found["end_median_ms"] < best["end_median_ms"]:
                best = found
    return best
