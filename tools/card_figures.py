"""Figures of the sound path on cards of the sound lab, for tools/cards."""

from __future__ import annotations

import argparse
import errno
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "Tests/BlackBox"))

import cards  # noqa: E402
import silencing  # noqa: E402
from card_stage import CardStage  # noqa: E402
from cutting import percentile  # noqa: E402
from programs import Gone  # noqa: E402
from together import Stage  # noqa: E402


KINDS = [*silencing.SHAPES, "server"]
# A mute is heard within so many milliseconds, or it is late.
LATE_MS = {"usb": 20, "codec": 12, "no-rewind": 24}
# What a figure may be at most, on a machine that does other things as well: where the median stands is what the
# code does, and a thread that comes late now and then is the machine's. One of eight may.
BUDGETS = {f"{kind}_{what}": most for kind, late in LATE_MS.items()
           for what, most in (("mute_p50_ms", late), ("late_percent", 20), ("cut_percent", 20))}
# And what it must come to at least.
LEAST = {"usb_taken_back_percent": 80, "codec_taken_back_percent": 80}
# What is printed where nothing was measured.
NONE = float("nan")


def on_a_stage(play, say):
    """What a play yields, up to the trouble it met."""
    stage, failed, found = Stage(), True, []
    try:
        for one in play(stage):
            found.append(one)
            say(one)
        failed = False
    except Gone as problem:
        print(problem, file=sys.stderr)
    finally:
        stage.close(failed)
    return found


def kinds(text):
    chosen = text.split(",")
    if unknown := [kind for kind in chosen if kind not in KINDS]:
        raise argparse.ArgumentTypeError(f"unknown kind {unknown[0]}; known are {', '.join(KINDS)}")
    return chosen


def show(name, value, digits=0):
    print(f"{name} {value:.{digits}f}", flush=True)
    return name, value


def beyond_budget(figures):
    for name, value in figures.items():
        # What was not measured is no figure within its budget.
        if name in BUDGETS and not value <= BUDGETS[name]:
            yield f"{name} is {value:.1f}, its budget {BUDGETS[name]}"
        if name in LEAST and not value >= LEAST[name]:
            yield f"{name} is {value:.1f}, and must be {LEAST[name]} at least"


def measure_mutes(options):
    figures = {}
    for kind in options.kind:
        share = -(-options.count // options.parallel)

        def say(one, kind=kind):
            if options.verbose:
                print(f"{kind} {one.ms:.1f} ms, edge {one.edge} after {one.usual_edge}, "
                      f"{'taken back' if one.gave_back else 'nothing back'}, {one.stumbles} stumbles", file=sys.stderr)

        def run(_, kind=kind, say=say):
            if kind == "server":
                return on_a_stage(lambda stage: silencing.served_silences(stage, share), say)
            return on_a_stage(lambda stage: silencing.silences(stage, kind, share), say)

        with ThreadPoolExecutor(options.parallel) as pool:
            found = [one for some in pool.map(run, range(options.parallel)) for one in some]
        times = [one.ms for one in found]

        def percent(wanted, found=found):
            return 100 * sum(map(wanted, found)) / len(found) if found else NONE

        figures.update([
            show(f"{kind}_interruptions", len(times)),
            show(f"{kind}_mute_p50_ms", percentile(times, 0.5, NONE), 1),
            show(f"{kind}_mute_p99_ms", percentile(times, 0.99, NONE), 1),
            show(f"{kind}_mute_worst_ms", max(times, default=NONE), 1)])
        if kind == "server":
            continue
        figures.update([
            show(f"{kind}_steepest_edge", max((one.edge for one in found), default=NONE)),
            show(f"{kind}_late_percent", percent(lambda one, kind=kind: one.ms > LATE_MS[kind])),
            show(f"{kind}_cut_percent", percent(lambda one: one.is_cut)),
            show(f"{kind}_taken_back_percent", percent(lambda one: one.gave_back)),
            show(f"{kind}_stumbles", sum(one.stumbles for one in found))])
    return figures


# A hum that fills the room, so that whoever hears, hears it: louder than this, in decibels.
HUM_SECONDS, HUM_HEARD_DB = 30, -50


def replugs(stage, count, tells):
    """Pulls a USB card and plugs it in under another number: seconds until its microphone is open and until
    something is heard. Without news the kernel tells nobody, and the card is found by trying."""
    here = CardStage(stage, **silencing.SHAPES["usb"])
    here.start(alsa={"microphone": "auto", "loudspeaker": "auto"} if tells else {})
    watch = stage.bench.watch(levels=True)
    hum = [int(6_000 * (index // 40 % 2 * 2 - 1)) for index in range(16_000 * HUM_SECONDS)]
    begin = 0
    for number in range(count):
        if time.monotonic() - begin > HUM_SECONDS / 2:
            here.lab.hush()
            here.lab.say((16_000, hum))
            begin = time.monotonic()
        hears = dict(mic_db=lambda text: text and float(text) > HUM_HEARD_DB)
        watch.await_event("level", after=len(watch.events), **hears)
        after = len(watch.events)
        if tells:
            here.card.unplug()
        else:
            here.card.fail("open", errno.ENODEV)
            here.card.fail("read", errno.ENODEV)
            here.card.fail("write", errno.ENODEV)
        watch.await_event("sound", phase="failed", half="microphone", after=after)
        # Whoever goes again within three seconds is left alone for longer.
        time.sleep(3 + number % 7 * 0.1)
        after = len(watch.events)
        back = time.monotonic()
        if tells:
            here.card.plug(number=1 + number % 5)
        else:
            for what in ("read", "write", "open"):
                here.card.fail(what, 0, times=0)
        watch.await_event("sound", phase="opened", half="microphone", after=after)
        opened = time.monotonic()
        watch.await_event("level", after=len(watch.events), **hears)
        yield opened - back, time.monotonic() - back


def measure_replugs(options):
    for name, tells in (("replug", True), ("retry", False)):

        def say(one, name=name):
            if options.verbose:
                print(f"{name} open after {one[0] * 1e3:.0f} ms, heard after {one[1] * 1e3:.0f} ms", file=sys.stderr)

        found = on_a_stage(lambda stage, tells=tells: replugs(stage, options.count, tells), say)
        print(f"{name}s {len(found)}")
        for what, times in (("open", [one[0] for one in found]), ("heard", [one[1] for one in found])):
            print(f"{name}_{what}_p50_ms {percentile(times, 0.5, NONE) * 1e3:.0f}")
            print(f"{name}_{what}_worst_ms {max(times, default=NONE) * 1e3:.0f}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=["mute", "replug"])
    parser.add_argument("--kind", type=kinds, default=KINDS)
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--parallel", type=int, default=2)
    parser.add_argument("--verbose", action="store_true")
    chosen = parser.parse_args()
    cards.library()
    if chosen.what == "replug":
        sys.exit(measure_replugs(chosen))
    problems = list(beyond_budget(measure_mutes(chosen)))
    for problem in problems:
        print(problem, file=sys.stderr)
    sys.exit(1 if problems and chosen.check else 0)
