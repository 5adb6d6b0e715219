"""Measures the link: tools/cuts, tools/reconnects and tools/wire say which, in the first argument."""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "Tests/BlackBox"))

import cutting  # noqa: E402
import reconnecting  # noqa: E402
import weighing  # noqa: E402
from programs import Gone  # noqa: E402


def show(figures):
    for name, value in figures:
        print(f"{name} {value:.1f}" if isinstance(value, float) else f"{name} {value}", flush=True)


def measure_cuts(options):
    options.add_argument("--cuts", type=int, default=200)
    options.add_argument("--parallel", type=int, default=12)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--verbose", action="store_true")
    chosen = options.parse_args(sys.argv[2:])
    cuts, problems = cutting.run(chosen.cuts, chosen.parallel, chosen.seed)
    for cut in cuts if chosen.verbose else []:
        print(f"# {cut.kind} at {cut.begins:.1f} s for {cut.lasts:.1f} s: noticed {cut.noticed},"
              f" ready {cut.ready}, lost {cut.lost_ms} and muted {cut.muted_ms} of {cut.spoken_ms} ms"
              f" {cut.flaws}")
    show([("seed", chosen.seed), *cutting.figures(cuts)])
    if problems:
        raise Gone(f"{len(problems)} talks ended early; the first: {problems[0]}")


def measure_reconnects(options):
    options.add_argument("--cycles", type=int, default=100)
    show(reconnecting.run(options.parse_args(sys.argv[2:]).cycles).figures())


def measure_wire(options):
    options.parse_args(sys.argv[2:])
    show(weighing.wire())
    show(weighing.echo())


def main():
    measures = {"cuts": measure_cuts, "reconnects": measure_reconnects, "wire": measure_wire}
    measures[sys.argv[1]](argparse.ArgumentParser(prog=f"tools/{sys.argv[1]}"))


try:
    main()
except Gone as gone:
    sys.exit(f"{sys.argv[1]}: {gone}")
