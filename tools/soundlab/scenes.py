"""Makes the scenes that train, tune and test the hearing.

    python -m soundlab.scenes --split train|dev|test [--first 0] [--count N] [--again]

The same seed gives the same bytes. A scene that is there already is left alone.
"""

import argparse
from functools import partial

from . import material, music, noises, rooms
from .sound import RATE, folder
from .stage import Stage

SNRS = [20.0, 10.0, 5.0, 0.0]
# The noises that a detector is asked about, in turn.
DETECT_NOISES = ["white", "pink", "brown", "hum", "fan", "babble", "street", "rain", "keys", "room"]


# Test kinds


def detect(split: str, seed: int, seconds: float = 40) -> Stage:
    """One person in noise, about half of the time."""
    stage = Stage("detect", split, seed, seconds)
    stage.background(DETECT_NOISES[seed % len(DETECT_NOISES)], SNRS[(seed + seed // len(DETECT_NOISES)) % len(SNRS)])
    at = float(stage.rng.uniform(1, 3))
    while at < seconds - 2:
        said = stage.person.utterance(stage.rng)
        stage.say(at, said)
        at += len(said) / RATE + float(stage.rng.choice([0.4, 1.5, 3.5])) * float(stage.rng.uniform(0.6, 1.4))
    return stage


def only_music(split: str, seed: int, seconds: float = 60) -> Stage:
    stage = Stage("music", split, seed, seconds)
    stage.speaking_db = float(stage.rng.uniform(-34, -18))
    stage.background("music", float(stage.rng.uniform(0, 12)))
    return stage


def clicks(split: str, seed: int, seconds: float = 40) -> Stage:
    stage = Stage("clicks", split, seed, seconds)
    stage.speaking_db = float(stage.rng.uniform(-36, -18))
    stage.background(["clicks", "keys"][seed % 2], float(stage.rng.uniform(0, 10)))
    for at in stage.rng.uniform(1, seconds - 2, 5):
        stage.happen(str(stage.rng.choice(["door", "dishes", "claps", "click", "keys"])), float(at))
    return stage


def steady(split: str, seed: int, seconds: float = 40) -> Stage:
    stage = Stage("steady", split, seed, seconds)
    stage.background(noises.STEADY[seed % len(noises.STEADY)], float(stage.rng.uniform(0, 20)))
    return stage


def turns(split: str, seed: int, count: int = 4) -> Stage:
    """Turns with pauses inside, and at least three seconds of nothing after each."""
    stage = Stage("turns", split, seed, count * 13 + 4)
    stage.background(["pink", "fan", "brown", "street", "room", "rain"][seed % 6], [20.0, 10.0, 5.0][seed % 3])
    at = float(stage.rng.uniform(1.0, 2.0))
    for _ in range(count):
        end = stage.turn(at, int(stage.rng.integers(2, 4)))
        at = end + float(stage.rng.uniform(3.2, 4.2))
    stage.cut(at)
    return stage


def barge(split: str, seed: int, seconds: float = 60) -> Stage:
    """The agent talks nearly all the time, and is interrupted four times in a minute."""
    stage = Stage("barge", split, seed, seconds)
    rng = stage.rng
    stage.background(["pink", "room", "fan", "street", "brown", "babble"][(seed + seed // 6) % 6],
                     [30.0, 20.0, 15.0, 25.0][(seed + seed // 4) % 4])
    stage.speaking_db = float(rng.uniform(-36, -20))
    at = float(rng.uniform(0.3, 1.5))
    while at < seconds - 1:
        at = stage.reply(at, min(seconds - 0.5, at + float(rng.uniform(8, 25)))) + float(rng.uniform(0.4, 1.5))
    wishes = [seconds * part for part in (0.14, 0.38, 0.62, 0.86)]
    for wish in wishes:
        wish += float(rng.uniform(-3, 3))
        inside = [span for span in stage.agent_speech if span[1] / 1000 > wish + 0.7]
        start = max(wish, inside[0][0] / 1000 + 0.3) if inside else wish
        stage.interrupt(start, stage.person.utterance(rng, 0.8, 3.0))
    _play_somehow(stage, user_to_echo_db=[-10.0, -5.0, 0.0, 5.0, 10.0][seed % 5], drift=[0, 20, -50, 100, -200, 200][seed % 6],
                  distortion=["none", "mild", "none", "strong"][seed % 4])
    return stage


def cold(split: str, seed: int) -> Stage:
    """A fresh device whose agent begins at once, and nobody else says a word."""
    stage = Stage("cold", split, seed, 6)
    rng = stage.rng
    stage.background(str(rng.choice(["pink", "room", "fan", "brown"])), float(rng.uniform(15, 35)))
    stage.reply(float(rng.uniform(0.2, 1.0)), 6.5)
    _play_somehow(stage, user_to_echo_db=float(rng.uniform(-15, 15)), distortion=["none", "mild", "strong"][seed % 3])
    return stage


ECHO_GRID = (
    [{"delay": delay, "drift": drift} for drift in (0, 50, 200) for delay in (0, 40, 80, 120)]
    + [{"delay": delay, "distortion": kind} for kind in ("mild", "strong") for delay in (20, 60, 100)]
    + [{"delay": delay, "change": 7500} for delay in (10, 30, 70, 110)]
    + [{"delay": 60, "drift": -200}, {"delay": 90, "drift": -50, "distortion": "mild"}]
)


def echo(split: str, seed: int) -> Stage:
    """The agent alone for fifteen seconds, then both at once; next to no noise."""
    stage = Stage("echo", split, seed, 25)
    case = ECHO_GRID[seed % len(ECHO_GRID)]
    stage.speaking_db = -30.0
    stage.background("pink", 40.0)
    stage.reply(0.5, 25.3)
    at = 15.0
    while at < 24:
        said = stage.person.utterance(stage.rng, 1.5)
        stage.say(at, said)
        at += len(said) / RATE + 0.2
    stage.play(
        delay_ms=case["delay"], drift_ppm=case.get("drift", 0), distortion=case.get("distortion", "none"),
        path_change_ms=case.get("change"), user_to_echo_db=[-10.0, 0.0, 10.0][seed % 3],
    )
    return stage


def _play_somehow(stage: Stage, user_to_echo_db: float, distortion: str | None = None, drift: float | None = None) -> None:
    """Whatever a room, a cheap loudspeaker and two clocks may do."""
    rng = stage.rng
    if drift is None:
        drift = float(rng.choice([0, 0, 1, 1, 1])) * float(rng.uniform(-200, 200)) * float(rng.choice([0.2, 1.0]))
    length = stage.count / RATE
    stage.play(
        delay_ms=float(rng.uniform(0, 140)),
        drift_ppm=round(drift, 1),
        user_to_echo_db=round(user_to_echo_db, 1),
        distortion=distortion or str(rng.choice(["none", "mild", "strong"], p=[0.45, 0.3, 0.25])),
        path_change_ms=int(rng.uniform(0.2, 0.8) * length * 1000) if length > 10 and rng.random() < 0.2 else None,
        jump=(int(rng.uniform(0.3, 0.8) * length * 1000), round(float(rng.uniform(2, 40)), 2))
        if length > 10 and stage.split == "train" and rng.random() < 0.08 else None,
        ref_db=float(rng.uniform(-32, -12)),
    )


# Training


def train(split: str, seed: int, seconds: float = 30) -> Stage:
    """Anything with anything: every combination has its chance."""
    stage = Stage("train", split, seed, seconds)
    rng = stage.rng
    kind = str(rng.choice([*noises.KINDS, "babble", "street", "music", "music", "music"]))
    snr = float(rng.uniform(0, 30)) if rng.random() < 0.85 else float(rng.uniform(30, 50))
    stage.background(kind, round(snr if kind != "music" else snr * 0.7, 1))
    if rng.random() < 0.65:
        _conversation(stage, seconds)
        _play_somehow(stage, user_to_echo_db=float(rng.uniform(-15, 15)))
    elif rng.random() < 0.7:
        _monologue(stage, 0.5, seconds)
    if rng.random() < 0.6:
        for at in rng.uniform(0.5, seconds - 2, int(rng.integers(1, 7))):
            stage.happen(str(rng.choice(noises.DISTRACTORS)), float(at))
    _shape(stage)
    return stage


def _monologue(stage: Stage, at: float, until: float) -> None:
    rng = stage.rng
    at += float(rng.uniform(0, 4))
    busy = float(rng.choice([0.3, 1.0, 3.0]))
    while at < until - 0.5:
        said = stage.person.utterance(rng)
        stage.say(at, said)
        at += len(said) / RATE + 0.1 + float(rng.exponential(busy))


def _conversation(stage: Stage, seconds: float) -> None:
    """The agent replies, sometimes with music; the person is absent, answers, or interrupts."""
    rng = stage.rng
    manner = str(rng.choice(["absent", "answers", "interrupts", "both"], p=[0.36, 0.16, 0.26, 0.22]))
    at = float(rng.choice([0.0, rng.uniform(0, 1), rng.uniform(1, 8)]))
    longest = float(rng.choice([2, 6, 15, 30]))
    while at < seconds - 0.6:
        if rng.random() < 0.06:
            length = float(rng.uniform(2, 10))
            stage.play_music(at, length)
            end = at + length
        else:
            end = stage.reply(at, min(seconds + 1, at + float(rng.uniform(0.6, longest))))
        if manner in ("interrupts", "both") and rng.random() < 0.7:
            said = stage.person.utterance(rng, 0.3, 4.0)
            stage.interrupt(float(rng.uniform(at, max(at + 0.1, min(end, seconds) - 0.4))), said)
        gap = float(rng.choice([0.3, 1.5, 5.0])) * float(rng.uniform(0.5, 1.5))
        if manner in ("answers", "both") and rng.random() < 0.7:
            said = stage.person.utterance(rng, 0.3, 5.0)
            begin = end + float(rng.uniform(-0.3, 1.0))
            if begin < seconds - 0.5:
                stage.say(begin, said)
            gap = max(0.3, begin - end + len(said) / RATE + float(rng.uniform(0.1, 1.5)))
        at = end + gap


def _shape(stage: Stage) -> None:
    """The microphone: a cut below, a tilt, an offset, too quiet or too loud."""
    rng = stage.rng
    if rng.random() < 0.4:
        stage.shaping["cut_hz"] = round(float(rng.uniform(30, 160)))
    if rng.random() < 0.4:
        stage.shaping["tilt_db"] = round(float(rng.uniform(-5, 5)), 1)
    if rng.random() < 0.15:
        stage.shaping["offset"] = round(float(rng.uniform(-0.01, 0.01)), 4)
    if rng.random() < 0.06:
        stage.shaping["ceiling"] = round(float(rng.uniform(0.3, 0.8)), 2)
    if rng.random() < 0.1:
        stage.speaking_db -= 14.0


# The sets: what they hold, in order

TEST = (
    [("detect", partial(detect, seed=index)) for index in range(30)]
    + [("music", partial(only_music, seed=index)) for index in range(8)]
    + [("clicks", partial(clicks, seed=index)) for index in range(6)]
    + [("steady", partial(steady, seed=index)) for index in range(6)]
    + [("turns", partial(turns, seed=index, count=4 if index < 15 else 1)) for index in range(16)]
    + [("barge", partial(barge, seed=index)) for index in range(24)]
    + [("cold", partial(cold, seed=index)) for index in range(80)]
    + [("echo", partial(echo, seed=index)) for index in range(24)]
)
# Mixed, so that the first few hold a bit of everything. Seeds differ from the test's.
DEV_KINDS = [detect, barge, echo, turns, only_music, cold, detect, barge, steady, clicks]
TRAIN_COUNT = 1200
DEV_COUNT = 120


def plan(split: str) -> list[tuple[str, partial]]:
    """Names of a split's scenes and how each is made."""
    if split == "test":
        numbers: dict[str, int] = {}
        named = []
        for kind, make in TEST:
            numbers[kind] = numbers.get(kind, -1) + 1
            named.append((f"{kind}-{numbers[kind]:03}", make))
        return named
    if split == "dev":
        return [
            (f"{index:04}", partial(DEV_KINDS[index % len(DEV_KINDS)], seed=1000 + index * 7)) for index in range(DEV_COUNT)
        ]
    return [(f"{index:04}", partial(train, seed=index)) for index in range(TRAIN_COUNT)]


def make(split: str, first: int = 0, count: int | None = None, again: bool = False) -> None:
    """Makes what is missing of a split."""
    material.make(split)
    music.make(split)
    rooms.make(split)
    at = folder() / "scenes" / split
    at.mkdir(parents=True, exist_ok=True)
    wanted = plan(split)[first : None if count is None else first + count]
    for name, recipe in wanted:
        target = at / name
        if again or not target.exists():
            recipe(split).write(target)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--split", choices=["train", "dev", "test"], required=True)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--count", type=int)
    parser.add_argument("--again", action="store_true", help="make also what is there")
    given = parser.parse_args()
    make(given.split, given.first, given.count, given.again)
