"""Measures the link: tools/cuts, tools/reconnects and tools/wire say which, in the first argument."""

import argparse
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "Tests/BlackBox"))

import cutting  # noqa: E402
import reconnecting  # noqa: E402
import weighing  # noqa: E402
from programs import Gone  # noqa: E402

# What a figure may be at most. What is counted in the device's own samples a busy machine is late with
# now and then: there the median has to be good. What people wait for has the bounds that they were promised.
BUDGETS = {
    "overhead_percent": 35,
    "commit_to_first_sample_median_ms": 60,
    "words_lost": 0,
    "lost_ms": 0,
    "muted_ms": 0,
    "doubled_ms": 0,
    "partition_noticed_p95_ms": 5_000,
    "silence_noticed_p95_ms": 5_000,
    "told_noticed_p95_ms": 5_000,
    "ready_p95_ms": 3_000,
    # Of the quickest of each tenth, which a busy machine disturbs least.
    "connect_grown_ms": reconnecting.ALLOWED_MS,
    "descriptors_grown": 0,
    "memory_grown_kib": reconnecting.ALLOWED_KIB,
}


def show(figures):
    for name, value in figures:
        print(f"{name} {value:.1f}" if isinstance(value, float) else f"{name} {value}", flush=True)
    return list(figures)


def beyond_budget(figures):
    for name, value in figures:
        if name in BUDGETS and value > BUDGETS[name]:
            yield f"{name} is {value:.1f}; at most {BUDGETS[name]} is allowed"


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
    figures = show([("seed", chosen.seed), *cutting.figures(cuts)])
    if problems:
        raise Gone(f"{len(problems)} talks ended early; the first: {problems[0]}")
    if len(cuts) != chosen.cuts:
        raise Gone(f"{len(cuts)} cuts were made, not {chosen.cuts}")
    return chosen, figures


def measure_reconnects(options):
    options.add_argument("--cycles", type=int, default=100)
    chosen = options.parse_args(sys.argv[2:])
    return chosen, show(reconnecting.run(chosen.cycles).figures())


def measure_wire(options):
    chosen = options.parse_args(sys.argv[2:])
    if not chosen.check:
        return chosen, show(weighing.wire()) + show(weighing.echo())
    # Side by side it takes half as long, and the budget leaves room for that.
    with ThreadPoolExecutor() as pool:
        parts = [pool.submit(measure) for measure in (weighing.wire, weighing.echo)]
    return chosen, [figure for part in parts for figure in show(part.result())]


def main():
    measures = {"cuts": measure_cuts, "reconnects": measure_reconnects, "wire": measure_wire}
    options = argparse.ArgumentParser(prog=f"tools/{sys.argv[1]}")
    options.add_argument("--check", action="store_true")
    chosen, figures = measures[sys.argv[1]](options)
    problems = list(beyond_budget(figures))
    for problem in problems:
        print(f"{sys.argv[1]}: {problem}", file=sys.stderr)
    return 1 if problems and chosen.check else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Gone as gone:
        sys.exit(f"{sys.argv[1]}: {gone}")
