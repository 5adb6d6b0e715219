"""How soon nothing is heard any more: somebody speaks over an answer, on cards of the sound lab."""

from __future__ import annotations

import time

import opus
from card_stage import CardStage
from following import is_event

# Kinds of cards, by what matters to a mute.
SHAPES = {
    # Fetches a millisecond at a time.
    "usb": dict(playback={"rates": [48_000], "channels": 2}, capture={"rates": [48_000], "channels": 1}),
    "codec": dict(usb=None, playback={"rates": [16_000, 48_000], "channels": 2},
                  capture={"rates": [16_000, 48_000], "channels": 2}),
    "no-rewind": dict(playback={"rates": [48_000], "channels": 2, "can": ("mmap", "no_rewinds")},
                      capture={"rates": [48_000], "channels": 1}),
}
# Below this nobody hears the rest of a fade.
SILENT = 8
INTERRUPTION = "please stop it now"


def steepest(samples):
    return max((abs(after - before) for before, after in zip(samples, samples[1:])), default=0)


def silence_after(card, decided_ms):
    """Milliseconds from the end of the ten in which it was decided until nothing is heard, and the
    steepest edge on the way there."""
    played, heard = card.played(), card.heard()
    decided = heard.time_of(decided_ms * heard.rate / 1_000)
    samples = played.channel()
    place = max(0, int(played.frame_at(decided)))
    first, quiet = place, 0
    while place < len(samples) and quiet < played.rate // 200:
        quiet = quiet + 1 if abs(samples[place]) <= SILENT else 0
        place += 1
    end = place - quiet
    return (played.time_of(end) - decided) / 1e6, steepest(samples[first:place])


def silences(stage, kind, count):
    """Somebody speaks over an answer, again and again: what `silence_after` says of each time."""
    here = CardStage(stage, **SHAPES[kind])
    here.card.hears(here.card, delay_ms=8, gain=-25)
    follower = here.start(answers=lambda turn: opus.tone(6_000))
    here.await_idle()
    voice = stage.bench.voice(INTERRUPTION)
    here.lab.say(voice)
    for number in range(count):
        after = follower.mark()
        follower.await_(is_event("reply", phase="first_sound"), "answer", after=max(0, after - 3))
        time.sleep(1.2)
        after = follower.mark()
        here.lab.say(voice)
        held = follower.await_(is_event("mute", phase="held"), "hold", after=after)
        dropped = follower.await_(is_event("reply", phase="dropped"), "drop", after=after)
        # Of several holds the one that lasted.
        for seen in follower.seen[after:]:
            if seen.when <= dropped.when and is_event("mute", phase="held")(seen.event):
                held = seen
        time.sleep(0.2)
        yield silence_after(here.card, held.at_ms)
