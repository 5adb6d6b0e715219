"""Teaches the learned listener and says how well it does on talkers it never heard."""

import argparse
import json
import os
import pickle
import subprocess
import time
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax

from . import network
from .features import BANDS, FEATURES, IS_FAR, SHAPE, Scene, load
from .judging import report

ROOT = Path(__file__).resolve().parents[2]
HEARING = Path(os.environ.get("AURICLE_HEARING", ROOT / "build" / "hearing"))
WEIGHTS = ROOT / "Sources" / "VoiceCore" / "Detector" / "SpeechWeights.swift"
GOLDEN = ROOT / "Tests" / "VoiceCoreTests" / "SpeechNetworkGolden.swift"

LANES = 64
CHUNK = 300


def scenes(split: str, most: int | None = None) -> list[Path]:
    folders = sorted(p.parent for p in (HEARING / "scenes" / split).glob("*/truth.json"))
    return folders[:most]


def dump(tool: Path, folders: list[Path], out: Path, again: bool) -> None:
    """Writes the features of scenes that have none yet, or of all."""
    out.mkdir(parents=True, exist_ok=True)
    missing = [f for f in folders if again or not (out / f"{f.name}.features").exists()]
    for start in range(0, len(missing), 50):
        subprocess.run([str(tool), str(out), *map(str, missing[start : start + 50])], check=True)


def gather(split: str, tool: Path, most: int | None, again: bool) -> list[Scene]:
    out = HEARING / "features" / split
    folders = scenes(split, most)
    dump(tool, folders, out, again)
    return [load(folder, out) for folder in folders]


def frame_weights(scene: Scene) -> np.ndarray:
    """How much each frame's answer matters."""
    speech = scene.speech
    weights = np.ones(len(speech), np.float32)
    # A reply must not interrupt itself, and music is no talker.
    weights[scene.far & ~speech] = 2.0
    weights[scene.music & ~speech] = 1.5
    # Right after an onset, and in the room's ring after an end, nobody can be sure.
    edges = np.flatnonzero(np.diff(speech.astype(np.int8)))
    for edge in edges:
        begins = speech[edge + 1]
        if begins:
            weights[edge + 1 : edge + 6] = 0.5
            weights[edge + 6 : edge + 21] *= 1.5
        else:
            weights[edge + 1 : edge + 11] = 0.3
    # A real voice is rare here and is all there is out there.
    if "asterisk" in str(scene.truth.get("talker", "")):
        weights[speech] *= 2.0
    return weights


class Lanes:
    """Scenes one after the other in many lanes, cut into chunks."""

    def __init__(self, scenes: list[Scene], seed: int):
        self.scenes = scenes
        self.weights = [frame_weights(s) for s in scenes]
        self.random = np.random.default_rng(seed)

    def chunks(self):
        """Never ends: features, speech, openness, gains, weights, keep; time first."""
        queues = [[] for _ in range(LANES)]
        order: list[int] = []
        current = [None] * LANES
        while True:
            shape = (CHUNK, LANES)
            x = np.zeros((*shape, FEATURES), np.float32)
            speech = np.zeros(shape, np.float32)
            hum = np.zeros(shape, np.float32)
            gains = np.ones((*shape, BANDS), np.float32)
            weights = np.zeros(shape, np.float32)
            keep = np.ones(shape, np.float32)
            for lane in range(LANES):
                filled = 0
                while filled < CHUNK:
                    if current[lane] is None:
                        if not order:
                            order = list(self.random.permutation(len(self.scenes)))
                        # Some begin in the middle, so that every lane is elsewhere.
                        index = order.pop()
                        length = len(self.scenes[index].speech)
                        start = 0 if self.random.random() < 0.7 else int(self.random.integers(length // 2))
                        current[lane] = [index, start, self.colour(), True]
                    index, start, colour, isNew = current[lane]
                    scene = self.scenes[index]
                    count = min(CHUNK - filled, len(scene.speech) - start)
                    here = slice(filled, filled + count)
                    there = slice(start, start + count)
                    x[here, lane] = scene.features[there]
                    x[here, lane, SHAPE] += colour
                    speech[here, lane] = scene.speech[there]
                    hum[here, lane] = scene.backchannel[there]
                    gains[here, lane] = scene.gains[there]
                    weights[here, lane] = self.weights[index][there]
                    if isNew:
                        keep[filled, lane] = 0
                    filled += count
                    done = start + count >= len(scene.speech)
                    current[lane] = None if done else [index, start + count, colour, False]
            yield x, speech, hum, gains, weights, keep

    def colour(self) -> np.ndarray:
        """Another microphone: a tilt and a bend over the bands, in doublings."""
        place = np.linspace(-1, 1, BANDS)
        tilt = self.random.normal(0, 1.0) * place
        bend = self.random.normal(0, 0.7) * np.cos(np.pi * (place * self.random.uniform(0.5, 1.5) + self.random.uniform(-1, 1)))
        colour = tilt + bend
        return (colour - colour.mean()).astype(np.float32)


def cross_entropy(logit, wanted):
    return jnp.maximum(logit, 0) - logit * wanted + jnp.log1p(jnp.exp(-jnp.abs(logit)))


def make_step(optimiser, mean, scale, coarse: bool):
    def loss(weights, batch, states, key):
        x, speech, hum, gains, importance, keep = batch
        x = (x - mean) * scale
        noise = jax.random.normal(key, x.shape) * 0.08
        x = x + noise
        used = network.quantised(weights) if coarse else weights
        answers, states = network.run(used, x, states, keep)
        smooth = speech * 0.98 + 0.01
        vad = jnp.sum(importance * cross_entropy(answers[..., network.SPEECH], smooth)) / jnp.sum(importance)
        # Words are open, hums are not; only speech is asked.
        asked = importance * speech
        open_loss = jnp.sum(asked * cross_entropy(answers[..., network.OPENNESS], 1 - hum)) / (jnp.sum(asked) + 1)
        is_far = (batch[0][..., IS_FAR] > 0.5)[..., None]
        guess = network.sigmoid(answers[..., :BANDS])
        # On the root: a gain of 0.1 for one of 0.05 is a real mistake.
        apart = (jnp.sqrt(guess + 1e-4) - jnp.sqrt(gains + 1e-4)) ** 2
        # Harm to the person counts more than echo left over.
        harm = 1 + 3 * speech[..., None] * (guess < gains)
        gain_loss = jnp.sum(apart * harm * is_far) / (jnp.sum(is_far) * BANDS + 1)
        total = vad + 2.0 * gain_loss + 0.1 * open_loss
        return total, (jax.lax.stop_gradient(states), vad, gain_loss)

    @jax.jit
    def step(weights, average, state, batch, states, key, momentum):
        (_, (states, vad, gain)), gradient = jax.value_and_grad(loss, has_aux=True)(weights, batch, states, key)
        updates, state = optimiser.update(gradient, state, weights)
        weights = optax.apply_updates(weights, updates)
        average = jax.tree.map(lambda a, w: a * momentum + w * (1 - momentum), average, weights)
        return weights, average, state, states, vad, gain

    return step


def answers_for(weights, mean, scale, scenes: list[Scene]) -> list[np.ndarray]:
    """speech, openness and gains of each scene, as the device would say them."""
    used = network.quantised(weights)

    @jax.jit
    def run(x, keep):
        logits, _ = network.run(used, (x - mean) * scale, network.rest(x.shape[1]), keep)
        return network.sigmoid(logits)

    found: dict[int, np.ndarray] = {}
    by_length = sorted(range(len(scenes)), key=lambda i: len(scenes[i].speech))
    for start in range(0, len(by_length), 32):
        group = by_length[start : start + 32]
        longest = -(-max(len(scenes[i].speech) for i in group) // 500) * 500
        x = np.zeros((longest, 32, FEATURES), np.float32)
        for lane, i in enumerate(group):
            x[: len(scenes[i].speech), lane] = scenes[i].features
        keep = np.ones((longest, 32), np.float32)
        out = np.asarray(run(x, keep))
        for lane, i in enumerate(group):
            found[i] = out[: len(scenes[i].speech), lane]
    return [found[i] for i in range(len(scenes))]


def train(arguments) -> None:
    begun = time.time()
    teaching = gather("train", arguments.tool, arguments.most, arguments.again)
    held = gather("dev", arguments.tool, arguments.most_dev, arguments.again)
    seconds = sum(len(s.speech) for s in teaching) / 100
    print(f"{len(teaching)} scenes, {seconds / 3600:.2f} h to learn from, {len(held)} to be asked about", flush=True)
    sample = np.concatenate([s.features[:: 7].astype(np.float32) for s in teaching])
    mean = np.round(sample.mean(0) / network.FINE) * network.FINE
    scale = np.round(1 / np.maximum(sample.std(0), 0.05) / network.FINE) * network.FINE
    mean, scale = mean.astype(np.float32), scale.astype(np.float32)
    del sample
    rate = optax.schedules.warmup_cosine_decay_schedule(0.0, arguments.rate, 100, arguments.steps, arguments.rate * 0.02)
    optimiser = optax.chain(optax.clip_by_global_norm(1.0), optax.adamw(rate, weight_decay=1e-4))
    weights = network.fresh(arguments.seed)
    if arguments.resume:
        saved = pickle.loads(Path(arguments.resume).read_bytes())
        weights, mean, scale = saved["weights"], saved["mean"], saved["scale"]
    average = weights
    state = optimiser.init(weights)
    step_fine = make_step(optimiser, mean, scale, coarse=False)
    step_coarse = make_step(optimiser, mean, scale, coarse=True)
    states = network.rest(LANES)
    key = jax.random.PRNGKey(arguments.seed)
    lanes = Lanes(teaching, arguments.seed).chunks()
    vads, gains = [], []
    for count in range(arguments.steps):
        key, here = jax.random.split(key)
        step = step_coarse if count > 0.7 * arguments.steps else step_fine
        momentum = min(0.998, 1 - 1 / (1 + count))
        weights, average, state, states, vad, gain = step(
            weights, average, state, next(lanes), states, here, momentum)
        vads.append(float(vad))
        gains.append(float(gain))
        if (count + 1) % 50 == 0:
            print(f"{count + 1:5d} {time.time() - begun:6.0f} s  speech {np.mean(vads[-50:]):.4f}  gains {np.mean(gains[-50:]):.4f}", flush=True)
        last = count + 1 == arguments.steps
        if (count + 1) % arguments.every == 0 or last:
            save(average, mean, scale, arguments, count + 1)
            judge(average, mean, scale, held, arguments)


def save(weights, mean, scale, arguments, count: int) -> None:
    weights = jax.tree.map(np.asarray, weights)
    arguments.out.mkdir(parents=True, exist_ok=True)
    (arguments.out / "weights.pickle").write_bytes(pickle.dumps({"weights": weights, "mean": mean, "scale": scale}))
    (arguments.out / "weights.text").write_text(network.text(weights, mean, scale))


def judge(weights, mean, scale, held: list[Scene], arguments) -> None:
    answers = answers_for(weights, mean, scale, held)
    figures = report(held, [a[:, network.SPEECH] for a in answers], [a[:, :BANDS] for a in answers],
                     [a[:, network.OPENNESS] for a in answers])
    print(figures.text, flush=True)
    (arguments.out / "figures.json").write_text(json.dumps(figures.numbers, indent=1))


def main() -> None:
    parser = argparse.ArgumentParser(prog="tools/train", description=__doc__)
    parser.add_argument("--tool", type=Path, default=ROOT / ".build/release/auricle-features")
    parser.add_argument("--out", type=Path, default=HEARING / "network")
    parser.add_argument("--steps", type=int, default=3000)
    parser.add_argument("--rate", type=float, default=3e-3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--every", type=int, default=500, help="steps between looks at the held-out talkers")
    parser.add_argument("--most", type=int, help="scenes to learn from")
    parser.add_argument("--most-dev", type=int)
    parser.add_argument("--again", action="store_true", help="write all features again")
    parser.add_argument("--resume", help="a weights.pickle to go on from")
    parser.add_argument("--judge", action="store_true", help="only judge the weights of --resume")
    parser.add_argument("--install", action="store_true", help="put the weights of --out into the source")
    arguments = parser.parse_args()
    if arguments.install:
        text = (arguments.out / "weights.text").read_text()
        WEIGHTS.write_text(network.swift(text, "Written by tools/train; docs/TRAINING.md says from what."))
        GOLDEN.write_text(network.golden(text))
    elif arguments.judge:
        saved = pickle.loads(Path(arguments.resume).read_bytes())
        held = gather("dev", arguments.tool, arguments.most_dev, arguments.again)
        arguments.out.mkdir(parents=True, exist_ok=True)
        judge(saved["weights"], saved["mean"], saved["scale"], held, arguments)
    else:
        train(arguments)
