"""Scores a hearing on scenes whose truth is known, with the measures of docs/HEARING.md."""

import argparse
import json
import math
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from . import detection, each, echoes, interruptions, table, turns
from .detection import Heard
from .runs import Broken, Program, build
from .truth import ROOT, Scene, folder, scenes

# Which scenes have something to say about which part of the table.
DETECTOR_KINDS = ("detect", "music", "clicks", "steady")
KINDS = DETECTOR_KINDS + ("turns", "barge", "cold", "echo")


def say(*words) -> None:
    print(*words, file=sys.stderr, flush=True)


def measures(heard: Heard, quick: bool = False) -> dict:
    """Every figure that these scenes can give."""

    def of(*kinds: str) -> Heard:
        return [(scene, track) for scene, track in heard if scene.kind in kinds]

    result: dict = {}
    if of(*DETECTOR_KINDS):
        result["detector"] = detection.measure(of(*DETECTOR_KINDS))
    if of("turns"):
        result["turns"] = turns.measure(of("turns"))
    barge, cold = of("barge"), of("cold")
    if barge:
        result["barge_in"] = interruptions.stage(barge, "barge_in")
        result["duck"] = interruptions.stage(barge, "duck")
        if not quick:
            result["sweep"] = interruptions.sweep(barge, cold)
    if cold:
        result["cold"] = interruptions.cold(cold)
    if of("echo") and all(track.clean is not None for _, track in heard):
        result["erle"] = echoes.measure_erle(of("echo"))
        if not quick:
            result["stoi"] = echoes.measure_stoi(of("echo"))
    return result


def commit() -> str:
    command = ["git", "-C", str(ROOT), "describe", "--always", "--dirty", "--abbrev=7"]
    result = subprocess.run(command, capture_output=True, text=True)
    return result.stdout.strip() or "unknown"


def contract(program: Program, chosen: list[Scene]) -> str:
    """The full check (twice, and the first half) on one scene of each kind."""
    first = {}
    for scene in chosen:
        first.setdefault(scene.kind, scene)
    for scene in first.values():
        try:
            program.check_contract(scene)
        except Broken as broken:
            return str(broken)
    return "holds"


def score(arguments: argparse.Namespace) -> dict:
    kinds = arguments.kinds.split(",") if arguments.kinds else KINDS
    chosen = scenes(arguments.split, kinds)
    if arguments.limit:
        seen: dict[str, int] = {}
        for scene in chosen:
            seen[scene.kind] = seen.get(scene.kind, 0) + 1
        step = {kind: max(count // arguments.limit, 1) for kind, count in seen.items()}
        place: dict[str, int] = {}
        kept = []
        for scene in chosen:
            at = place[scene.kind] = place.get(scene.kind, -1) + 1
            if at % step[scene.kind] == 0 and at // step[scene.kind] < arguments.limit:
                kept.append(scene)
        chosen = kept
    if not chosen:
        raise SystemExit(f"no scenes of {arguments.split} under {folder()}; make them with: tools/hearing make")
    began = time.monotonic()
    program = Program(Path(arguments.auricle) if arguments.auricle else build(), Path(arguments.config) if arguments.config else None)
    tracks = program.hear_all(chosen, arguments.jobs)
    say(f"{len(chosen)} scenes heard after {time.monotonic() - began:.0f} s")
    heard = [(scene, tracks[scene.name]) for scene in chosen]
    cost = [1000 * track.user_seconds / scene.seconds for scene, track in heard]
    result = {
        "name": arguments.name,
        "date": time.strftime("%Y-%m-%d"),
        "commit": commit(),
        "program": program.identity,
        "split": arguments.split,
        "scenes": len(chosen),
        "minutes": sum(scene.seconds for scene in chosen) / 60,
        "cpu_ms_per_s": float(np.median(cost)),
    }
    result |= measures(heard, arguments.quick)
    if arguments.contract or not (arguments.kinds or arguments.quick):
        result["contract"] = contract(program, chosen)
    if arguments.callgrind:
        scene = next((scene for scene in chosen if scene.kind == "barge"), chosen[0])
        result["instructions_per_s"] = program.instructions_per_second(scene)
    if arguments.each:
        print(each.listing(heard))
    say(f"scored after {time.monotonic() - began:.0f} s")
    return result


def parser() -> argparse.ArgumentParser:
    wanted = argparse.ArgumentParser(prog="tools/hearing score", description=__doc__)
    wanted.add_argument("--split", default="test", help="train, dev or test (default)")
    wanted.add_argument("--kinds", default="", help="only these, by comma: " + ",".join(KINDS))
    wanted.add_argument("--limit", type=int, default=0, metavar="N", help="at most N scenes of each kind")
    wanted.add_argument("--jobs", type=int, default=2, metavar="N", help="runs at a time")
    wanted.add_argument("--auricle", default="", metavar="PATH", help="the program (default: a release build of this checkout)")
    wanted.add_argument("--config", default="", metavar="FILE", help="a settings file for it")
    wanted.add_argument("--name", default="ours", help="what the column is called")
    wanted.add_argument("--json", default="", metavar="FILE", help="where to write the figures besides results/")
    wanted.add_argument("--quick", action="store_true", help="leave out the sweep, STOI and the contract")
    wanted.add_argument("--each", action="store_true", help="list what went wrong, scene by scene")
    wanted.add_argument("--contract", action="store_true", help="check the contract even for some kinds only")
    wanted.add_argument("--callgrind", action="store_true", help="count instructions too (a minute)")
    return wanted


def rounded(value):
    """Figures as short as they are sure, and no NaN: JSON has none."""
    if isinstance(value, dict):
        return {name: rounded(item) for name, item in value.items()}
    if isinstance(value, list):
        return [rounded(item) for item in value]
    if isinstance(value, float):
        return None if math.isnan(value) else float(f"{value:.5g}")
    return value


def keep(result: dict, to: str = "", partial: bool = False) -> None:
    """A whole score is kept for the table; one of some kinds is written only where asked."""
    text = json.dumps(rounded(result), indent=1) + "\n"
    if to:
        Path(to).write_text(text)
    if not partial:
        results = folder() / "results" / result["split"]
        results.mkdir(parents=True, exist_ok=True)
        (results / f"{result['name']}.json").write_text(text)


def main(words: list[str]) -> int:
    arguments = parser().parse_args(words)
    try:
        result = score(arguments)
    except Broken as broken:
        say(f"hearing: {broken}")
        return 1
    keep(result, arguments.json, partial=bool(arguments.kinds or arguments.limit or arguments.quick))
    result = rounded(result)
    print(table.render([result]))
    print(table.details(result))
    return 0 if result.get("contract", "holds") == "holds" else 1
