"""Checks that scenes are what they claim to be: python -m soundlab.selftest

Needs the material of the dev split, and makes a few scenes in a temporary folder.
"""

import hashlib
import json
import sys
import tempfile
from functools import partial
from pathlib import Path

import numpy as np

from . import material, rooms, scenes
from .sound import RATE, active_level, frame_levels, level, read_wave

failures: list[str] = []


def expect(truth: bool, what: str) -> None:
    print(f"{'ok' if truth else 'FAILED'}: {what}")
    if not truth:
        failures.append(what)


def _written(recipe: partial, at: Path) -> tuple[dict, dict[str, np.ndarray], str]:
    recipe("dev").write(at)
    files = sorted(at.iterdir())
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
    waves = {file.stem: read_wave(file) for file in files if file.suffix == ".wav"}
    return json.loads((at / "truth.json").read_text()), waves, digest


def delays_are_exact() -> None:
    """A tone sampled where a drifting clock would sample it is the tone that the clock would hear."""
    index = np.arange(4 * RATE)
    times = index * (1 + 200e-6) - 73.27
    for hertz in (300, 3000, 7000):
        tone = np.sin(2 * np.pi * hertz * index / RATE)
        error = rooms.at_times(tone, times) - np.sin(2 * np.pi * hertz * times / RATE)
        db = level(error[2000:-2000]) - level(tone)
        expect(db < -60, f"a delayed and drifting tone of {hertz} Hz is off by {db:.0f} dB")
    impulse = np.zeros(RATE, np.float32)
    impulse[0] = 1
    room = rooms.Room("dev", np.random.default_rng(1))
    early = int(np.argmax(np.abs(rooms.placed(impulse, room.paths[0]))))
    expect(early <= 1, f"the direct sound is not moved by the room ({early} samples)")


def same_seed_same_bytes(work: Path) -> None:
    for name, recipe in (("barge", partial(scenes.barge, seed=3)), ("train", partial(scenes.train, seed=5))):
        digests = {_written(recipe, work / f"{name}{turn}")[2] for turn in range(2)}
        expect(len(digests) == 1, f"the same seed gives the same bytes: {name}")
    _, _, other = _written(partial(scenes.barge, seed=4), work / "other")
    expect(other not in digests, "another seed gives other bytes")


def parts_make_the_whole(work: Path) -> None:
    kinds = [scenes.detect, scenes.barge, scenes.cold, scenes.echo, scenes.turns]
    for make in kinds:
        truth, waves, _ = _written(partial(make, seed=2), work / make.__name__)
        whole = waves["near"] + waves["noise"] + waves["echo"]
        off = float(np.abs(np.clip(whole, -1, 1) - waves["mic"]).max() * 32768)
        expect(off <= 2, f"{make.__name__}: the parts make the microphone's sound within {off:.1f} steps")
        if truth["speech"]:
            levels = frame_levels(waves["near"])
            spoken = np.zeros(len(levels), bool)
            for start, end in truth["speech"]:
                spoken[start // 10 : end // 10] = True
            power = 10 ** (levels / 10)
            share = float(power[spoken].sum() / power.sum())
            expect(share > 0.85, f"{make.__name__}: {share:.0%} of the person's energy is where speech is marked")
            dead = float(np.mean(levels[spoken] < active_level(waves["near"]) - 45))
            expect(dead < 0.08, f"{make.__name__}: {dead:.1%} of marked speech is all but silent")
        if truth["echo"] and truth["speech"]:
            ratio = active_level(waves["near"]) - active_level(waves["echo"])
            wanted = truth["echo"]["user_to_echo_db"]
            expect(abs(ratio - wanted) < 1, f"{make.__name__}: the user is {ratio:.1f} dB above the echo, told {wanted}")
        if truth["agent_speech"]:
            first = truth["agent_speech"][0][0] * RATE // 1000
            expect(not waves["ref"][: max(0, first - 320)].any(), f"{make.__name__}: nothing is played before the agent begins")
        for turn in truth["turns"]:
            later = [start for start, _ in truth["speech"] if start > turn["end_ms"]]
            quiet = (later[0] if later else truth["seconds"] * 1000) - turn["end_ms"]
            expect(quiet >= 2900, f"{make.__name__}: {quiet:.0f} ms of nothing after a turn")


def talkers_are_apart() -> None:
    voices: dict[str, set[str]] = {"train": set(), "dev": set(), "test": set()}
    for voice in material.VOICES:
        voices[voice.split].add(voice.name)
    shared = (voices["train"] & voices["test"]) | (voices["train"] & voices["dev"]) | (voices["dev"] & voices["test"])
    expect(not shared, "no voice is in two splits")


if __name__ == "__main__":
    talkers_are_apart()
    delays_are_exact()
    with tempfile.TemporaryDirectory() as folder:
        same_seed_same_bytes(Path(folder))
        parts_make_the_whole(Path(folder))
    sys.exit(1 if failures else 0)
