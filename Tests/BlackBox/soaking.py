"""A day of conversations in a room whose loudspeaker has a clock of its own, as fast as the machine goes.

The daemon is the built one; talker, echo and clocks are its simulated room's, the agent answers from
recordings. What is counted is counted in the room's own time.
"""

from __future__ import annotations

import array
import shutil
import statistics
import time
import wave
from collections import deque
from dataclasses import dataclass, field

import opus
from cutting import percentile
from native_agent import NativeAgent
from programs import Bench, Gone, process_facts, temporary_folder

QUESTIONS = (
    "what are your opening hours", "where are the toilets", "tell me about the exhibition",
    "how much is a ticket for two children and their grandmother")
ANSWERS = (
    "We are open from ten in the morning until six in the evening, and on Thursdays until nine.",
    "Down the stairs, past the wardrobe, the second door on your left.",
    "The exhibition shows how people measured time before there were clocks: by water, by sand, by candles,"
    " and by the shadow of a stick, and how the first towers with bells told a whole town when to begin"
    " and when to go home.",
    "A ticket is twelve euros, children pay half of that, and whoever is older than seventy comes in for free.")
STOP = "stop please"
# A round has each question once, and one whose answer is interrupted.
ROUND = (
    *(step for words in QUESTIONS for step in (f"say {words}", "await reply within 60 s", "wait 1500 ms")),
    f"say {QUESTIONS[2]}", "await sound within 60 s", "wait 3 s", f"say {STOP}",
    "await reply within 60 s", "wait 6 s", "again")
# After the loudspeaker's queue jumped, seconds of its sound until the echo must have been found again.
RECOVERY_S = 5.0
# A difference from the room's truth that is no longer taken for the right place.
FOUND_MS = 2.0
# Pages that the allocator comes to need late; what is forgotten in each turn would be far above it.
ALLOWED_KIB = 128


class QuietAgent(NativeAgent):
    """Keeps nothing: a day has a million messages."""

    def note(self, way, session, message) -> None:
        pass


def _answers(bench: Bench):
    spoken = []
    for words in ANSWERS:
        with wave.open(str(bench.voice(words))) as sound:
            samples = array.array("h", sound.readframes(sound.getnframes()))
        # Whole packets.
        samples.extend([0] * (-len(samples) % (opus.RATE * opus.PACKET_MILLISECONDS // 1_000)))
        spoken.append(opus.encode(samples))
    count = 0

    def answer(turn):
        nonlocal count
        count += 1
        turn.packets.clear()
        return spoken[count % len(spoken)]
    return answer


@dataclass
class Judge:
    """Reads the daemon's events as they come."""

    at_ms: int = 0
    spoken: int = 0
    heard: int = 0
    # Of those before the last.
    unheard: int = 0
    turns: int = 0
    turns_of_nobody: int = 0
    # Interruptions, and those while nobody spoke.
    interruptions: int = 0
    of_itself: int = 0
    patience_ended: int = 0
    closed: int = 0
    jumps: int = 0
    lost_jumps: int = 0
    errors: list[float] = field(default_factory=list)
    recoveries: list[float] = field(default_factory=list)
    drifts: list[float] = field(default_factory=list)
    # When those who spoke last began and ended, and that they were heard.
    _talker: deque = field(default_factory=lambda: deque(maxlen=4))
    _sounding: int | None = None
    # Of the loudspeaker, until it began to sound last.
    _sounded_ms: int = 0
    _place: float | None = None
    # How long the loudspeaker had sounded when its queue jumped; None: it was found again.
    _jumped_ms: int | None = 0

    def take(self, event: dict[str, str]) -> None:
        self.at_ms = int(event.get("at_ms", self.at_ms))
        act = getattr(self, "on_" + event.get("event", ""), None)
        if act:
            act(event)

    def on_room(self, event) -> None:
        phase, at = event["phase"], int(event["at_ms"])
        if phase == "talker_started":
            self.spoken += 1
            self.unheard += bool(self._talker) and len(self._talker[-1]) == 2
            self._talker.append([at, None])
        elif phase == "talker_ended":
            self._talker[-1][1] = at
        elif phase == "loudspeaker_started":
            self._sounding = at
        elif phase == "loudspeaker_silent" and self._sounding is not None:
            self._sounded_ms += at - self._sounding
            self._sounding = None
        elif phase == "patience_ended":
            self.patience_ended += 1

    def _whose(self, start: int, end: int):
        """The talker's words that lie in a span, or just before."""
        return next((words for words in self._talker if words[0] < end and
                     (words[1] is None or start < words[1] + 400)), None)

    def on_turn(self, event) -> None:
        if event["phase"] != "committed":
            return
        self.turns += 1
        end = int(event["end_ms"])
        words = self._whose(end - int(event["audio_ms"]), end)
        if words is None:
            self.turns_of_nobody += 1
        elif len(words) == 2:
            words.append("heard")
            self.heard += 1

    def on_mute(self, event) -> None:
        if event["phase"] == "confirmed":
            self.interruptions += 1
            onset = int(event["onset_ms"])
            if self._whose(onset, onset + 400) is None:
                self.of_itself += 1

    def on_link(self, event) -> None:
        self.closed += event["phase"] == "closed"

    def on_stats(self, event) -> None:
        if "room_delay_ms" not in event:
            return
        real = float(event["room_delay_ms"])
        sounded = self._sounded_ms + (self.at_ms - self._sounding if self._sounding is not None else 0)
        if self._place is not None and abs(real - self._place) > 5:
            self.jumps += 1
            self.lost_jumps += self._jumped_ms is not None
            self._jumped_ms = sounded
        self._place = real
        if "echo_drift_ppm" in event:
            self.drifts.append(float(event["echo_drift_ppm"]))
        if "echo_delay_ms" not in event or self._sounding is None:
            return
        error = abs(float(event["echo_delay_ms"]) - real)
        if self._jumped_ms is not None:
            if error <= FOUND_MS:
                self.recoveries.append((sounded - self._jumped_ms) / 1_000)
                self._jumped_ms = None
            elif sounded - self._jumped_ms < RECOVERY_S * 1_000:
                return
        self.errors.append(error)


def run(hours: float, ppm: int, speed: int = 1_000, seed: int = 1) -> list[tuple[str, float]]:
    """So many hours of the room's time; memory and descriptors are compared with those after the first
    hour, or after the first quarter of less."""
    bench = Bench(temporary_folder())
    agent = QuietAgent(*bench.certificates.server(), answers=_answers(bench))
    try:
        daemon = bench.daemon(bench.usual(
            agent.port,
            room={"script": bench.script("wait 2 s", *ROUND), "speed": speed, "drift": ppm, "seed": seed},
            # Timeouts are counted in samples, and these samples hurry. The talker takes a cue for an answer.
            speaker={"cue_level": 0}, turn={"thinking_timeout": "120 s"},
            link={"connect_timeout": "60 s", "outage": "60 s"}))
        watch = bench.watch()
        judge, started = Judge(), time.monotonic()
        warm, end = 1_000 * 3_600 * min(1.0, hours / 4), 3_600_000 * hours
        before = None
        while judge.at_ms < end:
            event = watch.block(60)
            if event is None:
                raise Gone(f"the daemon is gone:\n{daemon.output[-3000:]}")
            judge.take(event)
            if before is None and judge.at_ms >= warm:
                before = process_facts(daemon.identifier)
        took = time.monotonic() - started
        after = process_facts(daemon.identifier)
        status = bench.status()
        errors = judge.errors or [float("inf")]
        return [
            ("drift_ppm", ppm), ("hours", judge.at_ms / 3_600_000), ("times_real_time", judge.at_ms / 1_000 / took),
            ("alignment_median_ms", statistics.median(errors)), ("alignment_p99_ms", percentile(errors, 0.99)),
            ("alignment_worst_ms", max(errors)), ("alignment_looks", len(judge.errors)),
            ("drift_found_ppm", statistics.median(judge.drifts) if judge.drifts else 0.0),
            ("xruns", int(status["overruns"])), ("xruns_not_recovered", judge.lost_jumps),
            ("recovery_median_s", statistics.median(judge.recoveries or [0.0])),
            ("recovery_worst_s", max(judge.recoveries or [0.0])),
            ("memory_grown_kib", after[0] - before[0]), ("resident_kib", after[0]),
            ("descriptors_grown", after[1] - before[1]),
            ("dropped_frames", int(status["dropped_frames"])), ("underruns", int(status["underruns"])),
            ("spoken", judge.spoken), ("heard", judge.heard), ("unheard", judge.unheard), ("turns", judge.turns),
            ("turns_of_nobody", judge.turns_of_nobody), ("interruptions", judge.interruptions),
            ("interruptions_of_itself", judge.of_itself), ("unanswered", judge.patience_ended),
            ("links_lost", judge.closed)]
    finally:
        bench.close()
        agent.close()
        shutil.rmtree(bench.folder, ignore_errors=True)
