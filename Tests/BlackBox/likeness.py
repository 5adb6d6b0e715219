"""Whether what arrived has the sound that was spoken: right headers around silence are no words.

It looks at levels, so it tells silence from sound, not one word from another as loud.
"""

from __future__ import annotations

import array
import math
import statistics
import wave

import opus

STEP_MS = 20
STEP = opus.RATE * STEP_MS // 1_000
# Steps this far below the loudest are pauses, in which anything may be.
LOUD_DB = 25
# A step so much quieter than it was spoken, beside what all of them are, was not heard.
MUTED_DB = 18
# By how much the place of the sound may differ from what the events say.
SLACK_STEPS = 10


def levels(samples: array.array) -> list[float]:
    """The level of each twenty milliseconds, in decibels."""
    return [10 * math.log10(1 + sum(sample * sample for sample in samples[start:start + STEP]) / STEP)
            for start in range(0, len(samples) - STEP + 1, STEP)]


def spoken(path) -> list[float]:
    with wave.open(str(path)) as file:
        assert file.getframerate() == opus.RATE and file.getnchannels() == 1
        return levels(array.array("h", file.readframes(file.getnframes())))


def muted_ms(said: list[float], heard: list[float], begins_ms: int) -> int:
    """How much of what was said loudly is missing in what was heard, which begins so much later."""
    loud = max(said) - LOUD_DB
    # A moment's neighbour counts too: sound does not keep to our steps.
    heard = [max(heard[max(0, place - 1):place + 2]) for place in range(len(heard))]
    best = len(said)
    for slack in range(-SLACK_STEPS, SLACK_STEPS + 1):
        first = begins_ms // STEP_MS + slack
        pairs = [(level, heard[place - first]) for place, level in enumerate(said)
                 if level > loud and 0 <= place - first < len(heard)]
        if pairs:
            usual = statistics.median(said_ - heard_ for said_, heard_ in pairs)
            best = min(best, sum(said_ - heard_ > usual + MUTED_DB for said_, heard_ in pairs))
    return best * STEP_MS
