"""How soon nothing is heard any more: somebody speaks over an answer, on cards of the sound lab."""

from __future__ import annotations

import contextlib
import subprocess
import threading
import time
from dataclasses import dataclass

import opus
from card_stage import CardStage
from following import Follower, is_event
from soundserver import SoundServer

# Kinds of cards, by what matters to a mute.
SHAPES = {
    # Has several milliseconds under way, which nobody gets back.
    "usb": dict(playback={"rates": [48_000], "channels": 2}, capture={"rates": [48_000], "channels": 1}),
    "codec": dict(usb=None, playback={"rates": [16_000, 48_000], "channels": 2},
                  capture={"rates": [16_000, 48_000], "channels": 2}),
    "no-rewind": dict(usb=None, playback={"rates": [48_000], "channels": 2, "can": ("mmap", "no_rewinds")},
                      capture={"rates": [48_000], "channels": 1}),
}
# Below this nobody hears the rest of a fade.
SILENT = 8
INTERRUPTION = "please stop it now"


@dataclass
class Silence:
    """Milliseconds from the end of the ten in which it was decided until nothing is heard; the steepest edge
    between two samples on the way there, and the steepest just before; whether the card gave anything back, and
    how often it had run dry since the time before."""

    ms: float
    edge: int = 0
    usual_edge: int = 0
    gave_back: bool = False
    stumbles: int = 0

    @property
    def is_cut(self):
        return self.edge > 1.5 * self.usual_edge


def steepest(samples):
    return max((abs(after - before) for before, after in zip(samples, samples[1:])), default=0)


def silence_after(card, decided_ms):
    played, heard = card.played(), card.heard()
    decided = heard.time_of(decided_ms * heard.rate / 1_000)
    samples = played.channel()
    place = max(0, int(played.frame_at(decided)))
    first, quiet = place, 0
    while place < len(samples) and quiet < played.rate // 200:
        quiet = quiet + 1 if abs(samples[place]) <= SILENT else 0
        place += 1
    end = place - quiet
    return Silence((played.time_of(end) - decided) / 1e6, steepest(samples[first:place]),
                   steepest(samples[max(0, first - played.rate // 20):first]))


def silences(stage, kind, count):
    """Somebody speaks over an answer, again and again: the `Silence` of each time."""
    here = stage.here = CardStage(stage, **SHAPES[kind])
    here.card.hears(here.card, delay_ms=8, gain=-25)
    follower = here.start(answers=lambda turn: opus.tone(6_000))
    here.await_idle()
    voice = stage.bench.voice(INTERRUPTION)
    page = here.card.page
    before = page["rewinds"], page["playback_xruns"]
    for held in holds(follower, lambda: here.lab.say(voice), count):
        time.sleep(0.2)
        silence = silence_after(here.card, held.at_ms)
        now = page["rewinds"], page["playback_xruns"]
        silence.gave_back, silence.stumbles = now[0] > before[0], now[1] - before[1]
        before = now
        yield silence


def holds(follower, say, count):
    """Each event of an answer that was held and then dropped, because somebody spoke over it."""
    say()
    for _ in range(count):
        after = follower.mark()
        follower.await_(is_event("reply", phase="first_sound"), "answer", after=max(0, after - 3))
        time.sleep(1.2)
        after = follower.mark()
        say()
        held = follower.await_(is_event("mute", phase="held"), "hold", after=after)
        dropped = follower.await_(is_event("reply", phase="dropped"), "drop", after=after)
        # Of several holds the one that lasted.
        for seen in follower.seen[after:]:
            if seen.when <= dropped.when and is_event("mute", phase="held")(seen.event):
                held = seen
        yield held


class Ear:
    """What comes out of a sound server's loudspeaker, and when: blocks of ten milliseconds."""

    def __init__(self, sound, environment):
        self.blocks = []
        self.process = subprocess.Popen(
            ["parec", "--device=speaker.monitor", "--format=s16le", "--rate=16000", "--channels=1", "--latency-msec=5"],
            stdout=subprocess.PIPE, env={"PATH": "/usr/bin:/bin", **environment})
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        while data := self.process.stdout.read(320):
            level = max(map(abs, memoryview(data[:len(data) // 2 * 2]).cast("h")), default=0)
            self.blocks.append((time.monotonic(), level))

    def last_sound(self, since, until):
        return max((when for when, level in self.blocks if since <= when <= until and level > SILENT), default=since)


def served_silences(stage, count):
    """The same through ALSA's plugin for PulseAudio: from the news of the hold to the last block that the server
    gives out with a sound in it. Ten or twenty milliseconds of it are the server's way to us."""
    sound = SoundServer(stage.bench)
    ear = Ear(sound, sound.environment)
    try:
        agent = stage.native_agent(answers=lambda turn: opus.tone(6_000))
        stage.program = stage.bench.daemon(
            stage.bench.usual(
                agent.port, sound={"card": "alsa"}, speaker={"cue_level": 0},
                alsa={"microphone": "microphone", "loudspeaker": "loudspeaker", "buffer": "100 ms"}),
            environment=sound.environment)
        stage.follower = follower = Follower(stage.bench)
        follower.await_(is_event("state", state="idle"), "idle")
        voice = stage.bench.voice(INTERRUPTION)

        def speak():
            # The last of them is cut short by the end.
            with contextlib.suppress(subprocess.CalledProcessError):
                sound.say(voice)

        def say():
            threading.Thread(target=speak, daemon=True).start()

        for held in holds(follower, say, count):
            time.sleep(0.6)
            yield Silence((ear.last_sound(held.when, held.when + 0.5) - held.when) * 1e3)
    finally:
        ear.process.kill()
