"""Three pictures of ours beside the peers: ROC, what a catch costs in false ones, ERLE over time."""

import argparse
from pathlib import Path

import numpy as np

from . import detection, echoes, interruptions, peers
from .detection import Heard
from .runs import Program, build
from .score import DETECTOR_KINDS, say
from .truth import folder, scenes

# Told apart in grey and by most of those who see colours differently.
COLOURS = ["#000000", "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#999999"]
KINDS = DETECTOR_KINDS + ("barge", "echo")


# Past this many false ones an hour nobody cares how many are caught.
MOST_FALSE = 1000


def draw_once(axes, x: np.ndarray, y: np.ndarray, name: str, colour: str) -> None:
    """Systems with a part in common have a line in common."""
    for line in axes.get_lines():
        if np.array_equal(line.get_ydata(), y):
            line.set_label(f"{line.get_label()}, {name}")
            return
    axes.plot(x, y, label=name, color=colour)


def draw_roc(axes, heard: Heard, name: str, colour: str) -> None:
    if heard:
        false, hit = detection.curve(heard)
        draw_once(axes, 100 * false, 100 * hit, name, colour)


def draw_trade(above, below, heard: Heard, name: str, colour: str) -> None:
    """The best of all settings at each false rate: how many it catches, and how soon."""
    if not heard:
        return
    false, caught, median = interruptions.trade(heard)
    order = np.lexsort((-caught, false))
    best, kept = -1.0, []
    for index in order:
        if caught[index] > best:
            best = caught[index]
            kept.append(index)
    kept.append(kept[-1])
    shown = np.clip(false[kept], 1, MOST_FALSE)
    shown[-1] = MOST_FALSE
    above.step(shown, 100 * caught[kept], where="post", label=name, color=colour)
    below.step(shown, median[kept], where="post", color=colour)


def draw_erle(axes, heard: Heard, name: str, colour: str) -> None:
    courses = [echoes.Erle(scene, track.clean).course()[1] for scene, track in heard if echoes.plain(scene)]
    if not courses:
        return
    length = max(map(len, courses))
    table = np.full((len(courses), length), np.nan)
    for row, course in enumerate(courses):
        table[row, : len(course)] = course
    # A quarter of a second in which no scene has an echo has no value.
    some = ~np.isnan(table).all(0)
    draw_once(axes, np.arange(length)[some] * 0.25, np.nanmean(table[:, some], 0), name, colour)


def main(words: list[str]) -> int:
    wanted = argparse.ArgumentParser(prog="tools/hearing plot", description=__doc__)
    wanted.add_argument("--split", default="test")
    wanted.add_argument("--jobs", type=int, default=2, metavar="N")
    wanted.add_argument("--auricle", default="", metavar="PATH")
    wanted.add_argument("--alone", action="store_true", help="ours only")
    arguments = wanted.parse_args(words)
    import matplotlib

    matplotlib.use("svg")
    # The same figures make the same file.
    matplotlib.rcParams["svg.hashsalt"] = "hearing"
    from matplotlib import pyplot

    chosen = scenes(arguments.split, KINDS)
    if not chosen:
        raise SystemExit(f"no scenes of {arguments.split} under {folder()}; make them with: tools/hearing make")
    program = Program(Path(arguments.auricle) if arguments.auricle else build())
    tracks = program.hear_all(chosen, arguments.jobs)
    systems = {"ours": [(scene, tracks[scene.name]) for scene in chosen]}
    for name in [] if arguments.alone else peers.PEERS:
        try:
            systems[name] = peers.hear_all(name, chosen, arguments.jobs)
        except (ImportError, OSError) as missing:
            say(f"{name} is left out: {missing}")

    roc, roc_axes = pyplot.subplots(figsize=(7, 5))
    trade, (above, below) = pyplot.subplots(2, 1, figsize=(7, 8), sharex=True)
    erle, erle_axes = pyplot.subplots(figsize=(7, 5))
    for (name, heard), colour in zip(systems.items(), COLOURS):
        draw_roc(roc_axes, [pair for pair in heard if pair[0].kind in DETECTOR_KINDS], name, colour)
        draw_trade(above, below, [pair for pair in heard if pair[0].kind == "barge"], name, colour)
        draw_erle(erle_axes, [pair for pair in heard if pair[0].kind == "echo"], name, colour)
    roc_axes.set(xlabel="frames without speech taken for speech, %", ylabel="frames of speech found, %", xlim=(0, 40), ylim=(50, 100))
    above.set(xscale="log", xlim=(1, MOST_FALSE), ylabel="interruptions caught within 500 ms, %", ylim=(0, 100))
    below.set(xscale="log", xlabel="false interruptions per hour of a talking agent", ylabel="median after the onset, ms", ylim=(0, 500))
    erle_axes.set(xlabel="seconds after the agent's first sound", ylabel="echo return loss enhancement, dB", ylim=(0, 60))
    into = folder() / "plots"
    into.mkdir(parents=True, exist_ok=True)
    for name, figure, axes in (("roc", roc, roc_axes), ("interruptions", trade, above), ("erle", erle, erle_axes)):
        axes.legend(loc="lower right", fontsize=8)
        for drawn in figure.axes:
            drawn.grid(alpha=0.3)
        figure.tight_layout()
        figure.savefig(into / f"{name}.svg", metadata={"Date": None})
        print(into / f"{name}.svg")
    return 0
