"""The learned listener in JAX: the same numbers as Sources/VoiceCore/Detector, and its text."""

import jax
import jax.numpy as jnp
import numpy as np

from .features import BANDS, FEATURES

WIDE = 48
DEEP = 40
ANSWERS = 32
SPEECH = BANDS
OPENNESS = BANDS + 1
MOST_INPUT = 4.0


def tanh(x):
    """As Squash.tanh computes it."""
    x = jnp.clip(x, -4.9, 4.9)
    square = x * x
    above = x * (135135 + square * (17325 + square * (378 + square)))
    below = 135135 + square * (62370 + square * (3150 + square * 28))
    return above / below


def sigmoid(x):
    return tanh(x * 0.5) * 0.5 + 0.5


def dense(key, inputs: int, outputs: int) -> dict:
    bound = 1 / np.sqrt(inputs)
    return {
        "w": jax.random.uniform(key, (outputs, inputs), minval=-bound, maxval=bound),
        "b": jnp.zeros(outputs),
    }


def fresh(seed: int) -> dict:
    keys = jax.random.split(jax.random.PRNGKey(seed), 6)
    weights = {
        "entry": dense(keys[0], FEATURES, WIDE),
        "near_x": dense(keys[1], WIDE, 3 * WIDE),
        "near_h": dense(keys[2], WIDE, 3 * WIDE),
        "far_x": dense(keys[3], WIDE, 3 * DEEP),
        "far_h": dense(keys[4], DEEP, 3 * DEEP),
        "exit": dense(keys[5], WIDE + DEEP, ANSWERS),
    }
    # Begin with a long memory.
    weights["near_x"]["b"] = weights["near_x"]["b"].at[:WIDE].set(1.0)
    weights["far_x"]["b"] = weights["far_x"]["b"].at[:DEEP].set(2.0)
    return weights


ORDER = ["entry", "near_x", "near_h", "far_x", "far_h", "exit"]
LARGEST_DIGIT = 45
FINE = 64 / 376_000


def quantised(weights: dict) -> dict:
    """As the text will have them; gradients pass straight through."""

    def rounded(w):
        scale = jnp.round(jnp.max(jnp.abs(w), axis=1, keepdims=True) / FINE) * FINE + FINE
        step = scale / LARGEST_DIGIT
        return w + jax.lax.stop_gradient(jnp.round(w / step) * step - w)

    return {name: {"w": rounded(layer["w"]), "b": layer["b"]} for name, layer in weights.items()}


def gru(x_layer: dict, h_layer: dict, x, state, keep):
    """x: time x lanes x inputs. keep: time x lanes, 0 where a new scene begins."""
    size = state.shape[-1]
    from_x = x @ x_layer["w"].T + x_layer["b"]
    recurrent = h_layer["w"].T
    bias = h_layer["b"]

    def step(h, now):
        gx, k = now
        h = h * k[:, None]
        gh = h @ recurrent + bias
        update_reset = sigmoid(gx[:, : 2 * size] + gh[:, : 2 * size])
        update = update_reset[:, :size]
        reset = update_reset[:, size:]
        candidate = tanh(gx[:, 2 * size :] + reset * gh[:, 2 * size :])
        h = candidate + update * (h - candidate)
        return h, h

    return jax.lax.scan(step, state, (from_x, keep), unroll=4)


def run(weights: dict, x, states, keep):
    """Answers before the last sigmoid, and the states after. x is normalised already."""
    x = jnp.clip(x, -MOST_INPUT, MOST_INPUT)
    first = tanh(x @ weights["entry"]["w"].T + weights["entry"]["b"])
    near_state, near = gru(weights["near_x"], weights["near_h"], first, states[0], keep)
    far_state, far = gru(weights["far_x"], weights["far_h"], near, states[1], keep)
    both = jnp.concatenate([near, far], axis=-1)
    return both @ weights["exit"]["w"].T + weights["exit"]["b"], (near_state, far_state)


def rest(lanes: int):
    return (jnp.zeros((lanes, WIDE)), jnp.zeros((lanes, DEEP)))


DIGITS = [chr(c) for c in range(0x23, 0x7F) if c != 0x5C]


def text(weights: dict, mean: np.ndarray, scale: np.ndarray) -> str:
    """What WeightReader reads."""
    out: list[str] = []

    def fine(value: float) -> float:
        steps = int(np.clip(round(float(value) / FINE), -376_000, 376_000))
        rest = steps
        digits = []
        for _ in range(2):
            digit = (rest + LARGEST_DIGIT) % 91 - LARGEST_DIGIT
            digits.append(digit)
            rest = (rest - digit) // 91
        digits.append(rest)
        out.extend(DIGITS[d + LARGEST_DIGIT] for d in reversed(digits))
        return steps * FINE

    for index in range(FEATURES):
        fine(mean[index])
        fine(scale[index])
    for name in ORDER:
        w = np.asarray(weights[name]["w"], np.float64)
        b = np.asarray(weights[name]["b"], np.float64)
        for row in range(len(w)):
            step = fine(np.abs(w[row]).max() + FINE) / LARGEST_DIGIT
            fine(b[row])
            digits = np.clip(np.round(w[row] / step), -LARGEST_DIGIT, LARGEST_DIGIT).astype(int)
            out.extend(DIGITS[d + LARGEST_DIGIT] for d in digits)
    return "".join(out)


def read(text: str):
    """The weights, means and scales that WeightReader gets out of the text."""
    places = {c: d - LARGEST_DIGIT for d, c in enumerate(DIGITS)}
    digits = iter([places[c] for c in text])

    def fine() -> float:
        return ((next(digits) * 91 + next(digits)) * 91 + next(digits)) * FINE

    pairs = np.array([(fine(), fine()) for _ in range(FEATURES)], np.float32)
    weights = {}
    for name, layer in fresh(0).items():
        weights[name] = {"w": np.zeros(layer["w"].shape, np.float32), "b": np.zeros(layer["b"].shape, np.float32)}
    for name in ORDER:
        layer = weights[name]
        for row in range(len(layer["w"])):
            scale = fine()
            layer["b"][row] = fine()
            for column in range(layer["w"].shape[1]):
                layer["w"][row, column] = next(digits) * scale / LARGEST_DIGIT
    return weights, pairs[:, 0], pairs[:, 1]


def example(frames: int) -> np.ndarray:
    """Features of no sound at all, the same in the Swift test."""
    frame, place = np.mgrid[0:frames, 0:FEATURES]
    return (((frame * 37 + place * 101) % 61 - 30) / 10).astype(np.float32)


def golden(text: str) -> str:
    """What the network must say to the example: a Swift file for the test beside it."""
    weights, mean, scale = read(text)
    frames = [1, 10, 40]
    x = example(max(frames))[:, None, :]
    logits, _ = run(weights, (x - mean) * scale, rest(1), jnp.ones((len(x), 1)))
    answers = np.asarray(sigmoid(logits))[:, 0]
    rows = []
    for frame in frames:
        answer = answers[frame - 1]
        kept = [answer[SPEECH], answer[OPENNESS], answer[0], answer[11], answer[23]]
        rows.append(f"    ({frame}, [{', '.join(f'{v:.5f}' for v in kept)}]),")
    body = "\n".join(rows)
    return f"""// Written by tools/train with the weights: what its own arithmetic says to the example.
enum SpeechNetworkGolden {{
  /// After so many frames: speech, openness and the gains of bands 0, 11 and 23.
  static let answers: [(Int, [Float])] = [
{body}
  ]
}}
"""


def swift(text: str, comment: str) -> str:
    """The source file that holds the text."""
    lines = [text[start : start + 96] for start in range(0, len(text), 96)]
    body = "\n".join("    " + line for line in lines)
    return f"""// {comment}
enum SpeechWeights {{
  static var text: StaticString {{
    \"\"\"
{body}
    \"\"\"
  }}
}}
"""
