"""Figures of the sound path on cards of the sound lab, for tools/cards."""

from __future__ import annotations

import argparse
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "Tests/BlackBox"))

import cards  # noqa: E402
import opus  # noqa: E402
from card_stage import CardStage  # noqa: E402
from following import is_event  # noqa: E402
from programs import Gone  # noqa: E402
from together import Stage  # noqa: E402

# (kind of card, what it has, whether it must be quick)
SHAPES = {
    "usb": dict(playback={"rates": [48_000], "channels": 2}, capture={"rates": [48_000], "channels": 1}),
    "codec": dict(usb=None, playback={"rates": [16_000, 48_000], "channels": 2},
                  capture={"rates": [16_000, 48_000], "channels": 2}),
    "no-rewind": dict(playback={"rates": [48_000], "channels": 2, "can": ("mmap", "no_rewinds")},
                      capture={"rates": [48_000], "channels": 1}),
}
BUDGETS = {"mute_p99_ms": 20, "replug_worst_ms": 3_000}
# Below this nobody hears the rest of a fade.
SILENT = 8
INTERRUPTION = "please stop it now"


def percentile(numbers, share):
    ordered = sorted(numbers)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


def steepest(samples):
    return max((abs(after - before) for before, after in zip(samples, samples[1:])), default=0)


def silence_after(card, decided_ms, rate_frames):
    """Milliseconds from the end of the ten in which it was decided until nothing is heard, and the
    steepest edge on the way there."""
    played, heard = card.played(), card.heard()
    decided = heard.time_of(decided_ms * rate_frames)
    samples = played.channel()
    place = max(0, int(played.frame_at(decided)))
    first, quiet = place, 0
    while place < len(samples) and quiet < played.rate // 200:
        quiet = quiet + 1 if abs(samples[place]) <= SILENT else 0
        place += 1
    end = place - quiet
    return (played.time_of(end) - decided) / 1e6, steepest(samples[first:place])


def mutes(kind, count, say):
    """Somebody speaks over an answer, again and again."""
    stage = Stage()
    failed = True
    found = []
    try:
        here = CardStage(stage, **SHAPES[kind])
        here.card.hears(here.card, delay_ms=8, gain=-25)
        follower = here.start(answers=lambda turn: opus.tone(6_000))
        here.await_idle()
        rate_frames = here.card.pcms[1][1]["rates"][-1] // 1_000 if kind != "codec" else 16
        voice = stage.bench.voice(INTERRUPTION)
        here.lab.say(voice)
        for number in range(count):
            after = follower.mark()
            follower.await_(is_event("reply", phase="first_sound"), "answer", after=max(0, after - 3))
            time.sleep(1.2)
            after = follower.mark()
            here.lab.say(voice)
            held = follower.await_(is_event("mute", phase="held"), "hold", after=after)
            dropped = follower.await_(is_event("reply", phase="dropped"), "drop", after=after)
            # Of several holds the one that lasted.
            for seen in follower.seen[after:]:
                if seen.when <= dropped.when and is_event("mute", phase="held")(seen.event):
                    held = seen
            time.sleep(0.2)
            found.append(silence_after(here.card, held.at_ms, rate_frames))
            if say:
                print(f"{kind} {found[-1][0]:.1f} ms, edge {found[-1][1]}", file=sys.stderr)
        failed = False
    except Gone as problem:
        print(f"{kind}: {problem}", file=sys.stderr)
    finally:
        stage.close(failed)
    return found


def measure_mutes(options):
    kinds = [options.kind] if options.kind else list(SHAPES)
    for kind in kinds:
        share = -(-options.count // options.parallel)
        with ThreadPoolExecutor(options.parallel) as pool:
            found = [one for some in pool.map(lambda _: mutes(kind, share, options.verbose),
                                              range(options.parallel)) for one in some]
        times = [time for time, _ in found]
        print(f"{kind}_interruptions {len(times)}")
        print(f"{kind}_mute_p50_ms {percentile(times, 0.5):.1f}")
        print(f"{kind}_mute_p99_ms {percentile(times, 0.99):.1f}")
        print(f"{kind}_mute_worst_ms {max(times, default=float('nan')):.1f}")
        print(f"{kind}_steepest_edge {max((edge for _, edge in found), default=0)}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["mute"])
    parser.add_argument("--kind", choices=list(SHAPES))
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--parallel", type=int, default=2)
    parser.add_argument("--verbose", action="store_true")
    chosen = parser.parse_args()
    cards.library()
    measure_mutes(chosen)
