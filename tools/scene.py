"""A conversation made of arithmetic, the same on every machine: two voices that speak no language,
an echo, noise, two interruptions and a cough. For measuring programs, not for judging hearing.

usage: python3 tools/scene.py FOLDER [SECONDS]      writes mic.wav and ref.wav into FOLDER
"""

import array
import math
import random
import sys
import wave
from pathlib import Path

RATE = 16_000
VOWELS = ((730, 1090, 2440), (530, 1840, 2480), (270, 2290, 3010), (570, 840, 2410), (300, 870, 2240))


def voice(seed: int, seconds: float, level: float) -> list[float]:
    """Four syllables a second: pulses of a gliding pitch through three resonances."""
    dice = random.Random(seed)
    pitch, sound = dice.uniform(95, 220), []
    while len(sound) < seconds * RATE:
        count = int(dice.uniform(0.19, 0.29) * RATE)
        sound += syllable(dice, pitch * dice.uniform(0.85, 1.15), count)
    sound = sound[:int(seconds * RATE)]
    power = math.sqrt(sum(value * value for value in sound) / len(sound))
    return [value * level * 32_768 / power for value in sound]


def syllable(dice: random.Random, pitch: float, count: int) -> list[float]:
    filters = []
    for frequency in dice.choice(VOWELS):
        radius = math.exp(-math.pi * (60 + frequency / 20) / RATE)
        filters.append([2 * radius * math.cos(2 * math.pi * frequency / RATE), -radius * radius, 0.0, 0.0, 1 - radius])
    phase, breath, sound = 0.0, 0.0, []
    for index in range(count):
        place = index / count
        phase += pitch * (1 - 0.15 * place) / RATE
        pulse = 1.0 if phase >= 1 else 0.0
        phase -= pulse
        breath += 0.25 * (pulse - breath)
        value = 0.0
        for number, state in enumerate(filters):
            now = state[4] * (breath + 0.002 * dice.uniform(-1, 1)) + state[0] * state[2] + state[1] * state[3]
            state[3], state[2] = state[2], now
            value += now / (number + 1)
        sound.append(value * min(1, place * 5) * min(1, max(0, (0.93 - place) * 3)))
    return sound


def mix(into: list[float], sound: list[float], at: float) -> None:
    start = int(at * RATE)
    for index, value in enumerate(sound[:max(0, len(into) - start)]):
        into[start + index] += value


def scene(seconds: float = 30, seed: int = 1) -> tuple[array.array, array.array]:
    """Every thirty seconds: a question, an answer, a cough and two interruptions."""
    dice = random.Random(seed)
    count = int(seconds * RATE)
    mic, reference = [0.0] * count, [0.0] * count
    for number in range(math.ceil(seconds / 30)):
        at, person = 30 * number, seed * 1_000 + number
        mix(mic, voice(person, 2.2, 0.06), at + 1)
        mix(reference, voice(person + 100, 9, 0.10), at + 5)
        mix(mic, [dice.uniform(-1, 1) * 9_000 * math.exp(-index / 900) for index in range(2_400)], at + 8)
        mix(mic, voice(person, 1.5, 0.06), at + 11)
        mix(reference, voice(person + 200, 8, 0.10), at + 17)
        mix(mic, voice(person, 2.5, 0.03), at + 22)
    # The room: 73 ms to the loudspeaker and back, and a tail of reflections.
    taps = [(1_168, 0.25)] + [
        (1_168 + dice.randrange(1, 2_400), 0) for _ in range(24)]
    taps = [(place, gain or 0.12 * dice.choice((-1, 1)) * math.exp(-(place - 1_168) / 900)) for place, gain in taps]
    for index in range(count):
        echo = sum(reference[index - place] * gain for place, gain in taps if place <= index)
        # A small loudspeaker bends loud sounds.
        mic[index] += 12_000 * math.tanh(echo / 12_000) + dice.gauss(0, 18)
    return whole(mic), whole(reference)


def hostile_sounds(seconds: float, seed: int = 1) -> dict[str, array.array]:
    """What the hearing must survive, by name."""
    dice, count = random.Random(seed), int(seconds * RATE)
    return {
        "silence": array.array("h", bytes(2 * count)),
        "square": array.array("h", (32_767 if index // 40 % 2 else -32_768 for index in range(count))),
        "constant": array.array("h", [32_767]) * count,
        "alternating": array.array("h", (32_767 if index % 2 else -32_768 for index in range(count))),
        "bits": array.array("h", (dice.randrange(-32_768, 32_768) for _ in range(count))),
    }


def quiet(seconds: float, seed: int = 1) -> array.array:
    """A room in which nobody is: noise 66 dB below full scale."""
    dice = random.Random(seed)
    return whole([dice.gauss(0, 16) for _ in range(int(RATE * seconds))])


def whole(sound: list[float]) -> array.array:
    return array.array("h", (max(-32_768, min(32_767, round(value))) for value in sound))


def write(path: Path, sound: array.array) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(sound.tobytes() if sys.byteorder == "little" else swapped(sound))
    return path


def swapped(sound: array.array) -> bytes:
    other = array.array("h", sound)
    other.byteswap()
    return other.tobytes()


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] in ("-h", "--help"):
        sys.exit(__doc__.strip())
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    mic, reference = scene(float(sys.argv[2]) if len(sys.argv) > 2 else 30)
    write(folder / "mic.wav", mic)
    write(folder / "ref.wav", reference)
