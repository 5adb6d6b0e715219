"""Days of conversations in the simulated room: tools/soak."""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "Tests/BlackBox"))

import soaking  # noqa: E402
from programs import Gone  # noqa: E402

# What a figure may be at most.
BUDGETS = {
    "alignment_p99_ms": 0.5,
    "alignment_worst_ms": 2,
    "xruns_not_recovered": 0,
    "memory_grown_kib": soaking.ALLOWED_KIB,
    "descriptors_grown": 0,
    "dropped_frames": 0,
    "unheard": 0,
    "unanswered": 0,
    "links_lost": 0,
}
# The same for each hour, and as much in less: a path that jumped may be taken for somebody.
HOURLY_BUDGETS = {"interruptions_of_itself": 4}


def main():
    options = argparse.ArgumentParser(prog="tools/soak")
    options.add_argument("--check", action="store_true")
    options.add_argument("--hours", type=float, default=24)
    options.add_argument("--drift", type=int, action="append")
    options.add_argument("--speed", type=int, default=1_000)
    chosen = options.parse_args()
    problems = []
    for ppm in chosen.drift or (100, -100):
        for name, value in soaking.run(chosen.hours, ppm, chosen.speed):
            print(f"{name} {value:.3f}" if isinstance(value, float) else f"{name} {value}", flush=True)
            most = BUDGETS.get(name)
            if name in HOURLY_BUDGETS:
                most = HOURLY_BUDGETS[name] * max(1, chosen.hours)
            if most is not None and value > most:
                problems.append(f"with {ppm} ppm {name} is {value:.3f}; at most {most} is allowed")
    for problem in problems:
        print(f"soak: {problem}", file=sys.stderr)
    return 1 if problems and chosen.check else 0


try:
    sys.exit(main())
except Gone as gone:
    sys.exit(f"soak: {gone}")
