"""The slice that CI runs: ours against plain speexdsp on the same few scenes, so ratios and not times."""

import argparse
import importlib
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from . import peers
from .runs import Broken, Program, build
from .score import contract, measures, say
from .truth import Scene, scenes

# Of dev's mixed beginning all but the music, which takes long to compose: speech in noise, two agents
# that are interrupted, an echo, turns, a cold start, steady noise, clicks.
CHOSEN = (0, 1, 2, 3, 5, 7, 8, 9)


@dataclass
class Line:
    """One demand, and whether it is met."""

    what: str
    ours: float
    least: float
    form: str = "{:.2f}"
    at_most: bool = False

    @property
    def holds(self) -> bool:
        if math.isnan(self.ours) or math.isnan(self.least):
            return False
        return self.ours <= self.least if self.at_most else self.ours >= self.least

    def told(self) -> str:
        sign = "≤" if self.at_most else "≥"
        verdict = "holds" if self.holds else "FELL SHORT"
        return f"{self.what:<58} {self.form.format(self.ours):>8} {sign} {self.form.format(self.least):<8} {verdict}"


def demands(ours: dict, theirs: dict, our_cost: float, their_cost: float) -> list[Line]:
    """What must hold. Where speexdsp is the measure, the margin over it is the demand."""

    def of(result: dict, part: str, name: str) -> float:
        return result.get(part, {}).get(name, float("nan"))

    return [
        Line("detector AUC, over speexdsp's probability by .1", of(ours, "detector", "auc"), of(theirs, "detector", "auc") + 0.1, "{:.3f}"),
        Line("speech missed at 5 % false frames, to a third of speexdsp's", of(ours, "detector", "miss_at_5"), 0.33 * of(theirs, "detector", "miss_at_5"), at_most=True),
        Line("interruptions caught within 500 ms by barge_in", of(ours, "barge_in", "caught"), 0.75),
        Line("false barge_in while the agent talks", of(ours, "barge_in", "false"), 0, "{:.0f}", at_most=True),
        Line("cold starts with a false barge_in", of(ours, "cold", "false_barge_in"), 0, "{:.0f}", at_most=True),
        Line("ERLE in the first 5 s, over speexdsp's by 10 dB", of(ours, "erle", "all_first_5_s"), of(theirs, "erle", "all_first_5_s") + 10, "{:.1f}"),
        Line("ERLE later, over speexdsp's by 5 dB", of(ours, "erle", "all_steady"), of(theirs, "erle", "all_steady") + 5, "{:.1f}"),
        Line("turns cut", of(ours, "turns", "cut"), 0.25, at_most=True),
        Line("turns missed", of(ours, "turns", "missed"), 0.25, at_most=True),
        Line("CPU, times that of speexdsp", our_cost / their_cost, 2, at_most=True),
    ]


def small_set() -> list[Scene]:
    """The few scenes of the gate, made where they are missing."""
    maker = importlib.import_module("soundlab.scenes")
    for index in CHOSEN:
        maker.make("dev", index, 1)
    names = {f"{index:04}" for index in CHOSEN}
    return [scene for scene in scenes("dev") if scene.name in names]


def main(words: list[str]) -> int:
    wanted = argparse.ArgumentParser(prog="tools/hearing gate", description=__doc__)
    wanted.add_argument("--auricle", default="", metavar="PATH")
    wanted.add_argument("--jobs", type=int, default=2, metavar="N")
    arguments = wanted.parse_args(words)
    chosen = small_set()
    say(f"gate: {len(chosen)} scenes")
    try:
        program = Program(Path(arguments.auricle) if arguments.auricle else build())
        tracks = program.hear_all(chosen, arguments.jobs)
    except Broken as broken:
        say(f"gate: {broken}")
        return 1
    heard = [(scene, tracks[scene.name]) for scene in chosen]
    theirs = peers.hear_all("speexdsp", chosen, arguments.jobs)
    # Quick leaves out what needs more scenes or more packages than the gate has.
    lines = demands(measures(heard, quick=True), measures(theirs, quick=True), _cost(heard), _cost(theirs))
    for line in lines:
        print(line.told())
    agreed = contract(program, chosen)
    print(f"{'the contract':<58} {agreed}")
    failed = [line.what for line in lines if not line.holds] + ([] if agreed == "holds" else ["the contract"])
    if failed:
        say("gate: fell short: " + "; ".join(failed))
    print(f"{len(lines) + 1 - len(failed)} passed, {len(failed)} failed")
    return 1 if failed else 0


def _cost(heard) -> float:
    """Seconds of work for a second of sound with an echo in it, as the middle scene takes it."""
    return float(np.median([track.user_seconds / scene.seconds for scene, track in heard if scene.kind not in peers.MIC_ONLY]))
