"""How good answers about frames are: the measures of docs/HEARING.md, on frames instead of events."""

from dataclasses import dataclass

import numpy as np

from .features import Scene


@dataclass
class Figures:
    text: str
    numbers: dict


def area(positive: np.ndarray, negative: np.ndarray) -> float:
    """The area under the ROC: how often a speech frame beats another."""
    if not len(positive) or not len(negative):
        return float("nan")
    edges = np.linspace(0, 1, 4001)
    p = np.histogram(positive, edges)[0] / len(positive)
    n = np.histogram(negative, edges)[0] / len(negative)
    below = np.cumsum(n) - n
    return float(np.sum(p * (below + n / 2)))


def onsets(speech: np.ndarray, quiet: int = 30) -> list[int]:
    """First frames of speech after at least `quiet` frames without, and going on for 200 ms."""
    starts = np.flatnonzero(np.diff(np.concatenate([[0], speech.astype(np.int8)])) == 1)
    return [s for s in starts if s >= quiet and not speech[s - quiet : s].any() and speech[s : s + 30].sum() >= 20]


def triggers(on: np.ndarray, speech: np.ndarray) -> int:
    """Runs of `on` of 60 ms or more (gaps of 200 ms closed) that meet no speech, not even within 300 ms."""
    active = np.flatnonzero(on)
    if not len(active):
        return 0
    near = np.convolve(speech, np.ones(61), "same") > 0
    count = 0
    groups = np.split(active, np.flatnonzero(np.diff(active) > 20) + 1)
    for group in groups:
        if len(group) >= 6 and not near[group].any():
            count += 1
    return count


def group_of(scene: Scene) -> str:
    kind = scene.truth.get("kind", "?")
    noise = (scene.truth.get("noise") or {}).get("kind", "none")
    return f"{kind}:{noise}"


def report(scenes: list[Scene], speech_answers, gains, openness) -> Figures:
    lines = []
    numbers: dict = {}
    masks = {
        "near": lambda s: ~s.far & ~s.music,
        "music": lambda s: ~s.far & s.music,
        "far": lambda s: s.far,
    }
    truth = np.concatenate([s.speech for s in scenes])
    said = np.concatenate(speech_answers)
    for name, mask in masks.items():
        here = np.concatenate([mask(s) for s in scenes])
        if not here.any():
            continue
        positive = said[here & truth]
        negative = said[here & ~truth]
        entry = {"auc": area(positive, negative), "hours": float(here.sum() / 360000)}
        if len(negative) and len(positive):
            bar = float(np.quantile(negative, 0.95))
            entry["bar5"] = bar
            entry["miss5"] = float((positive < bar).mean())
            entry["on_half"] = float((negative >= 0.5).mean())
            entry["miss_half"] = float((positive < 0.5).mean())
        for threshold in (0.5, 0.8):
            false = sum(triggers((a >= threshold) & mask(s), s.speech | ~mask(s)) for s, a in zip(scenes, speech_answers))
            quiet = (here & ~truth).sum() / 360000
            entry[f"false_h_{threshold}"] = float(false / max(quiet, 1e-9))
        latencies, already, count = [], 0, 0
        for s, a in zip(scenes, speech_answers):
            m = mask(s)
            for start in onsets(s.speech):
                if not m[start]:
                    continue
                count += 1
                on = a >= 0.5
                if on[start - 3 : start].all() and start >= 3:
                    already += 1
                    continue
                hit = np.flatnonzero(on[start : start + 100])
                latencies.append(10 * (hit[0] + 1) if len(hit) else 1000)
        if latencies:
            entry["onset_p50"] = float(np.median(latencies))
            entry["onset_p95"] = float(np.quantile(latencies, 0.95))
            entry["caught500"] = float((np.array(latencies) <= 500).sum() / count)
            entry["already"] = already / count
        numbers[name] = entry
        lines.append(f"{name:6s} " + "  ".join(f"{k} {v:.3f}" if abs(v) < 2 else f"{k} {v:.0f}" for k, v in entry.items()))
    groups: dict[str, list] = {}
    for s, a in zip(scenes, speech_answers):
        groups.setdefault(group_of(s), []).append((s, a))
    for name, members in sorted(groups.items()):
        t = np.concatenate([s.speech for s, _ in members])
        a = np.concatenate([a for _, a in members])
        lines.append(f"  {name:22s} {len(t) / 100:6.0f} s  auc {area(a[t], a[~t]):.4f}  miss {(a[t] < 0.5).mean() if t.any() else 0:.3f}  on {(a[~t] >= 0.5).mean() if (~t).any() else 0:.3f}")
    wanted = np.concatenate([s.gains[s.far].astype(np.float32) for s in scenes])
    given = np.concatenate([g[s.far] for s, g in zip(scenes, gains)])
    if len(wanted):
        numbers["gains"] = {"error": float(np.sqrt(np.mean((wanted - given) ** 2)))}
        lines.append(f"gains off by {numbers['gains']['error']:.3f} rms")
    words = np.concatenate([o[s.speech & ~s.backchannel] for s, o in zip(scenes, openness)])
    hums = np.concatenate([o[s.backchannel] for s, o in zip(scenes, openness)])
    if len(hums):
        lines.append(f"openness auc {area(words, hums):.3f}")
    return Figures("\n".join(lines), numbers)
