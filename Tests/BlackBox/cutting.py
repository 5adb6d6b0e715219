"""Cuts the network while somebody speaks, and counts what of it the agent never heard.

Each daemon has a talker in a simulated room, in real time, and a network of its own. Moments,
lengths and kinds of the cuts come from a seed.
"""

from __future__ import annotations

import random
import shutil
import statistics
import threading
import time
import traceback
from contextlib import ExitStack
from dataclasses import dataclass, field

import likeness
import netns
import opus
from following import Follower, is_event
from native_agent import NativeAgent, Turn
from netns import Network
from programs import Bench, Gone, temporary_folder
from relay import End, Gate, Relay

WORDS = ("when you have crossed the yard turn left at the old crane and follow the white line along"
         " the water until you see the lighthouse and the small blue house beside it")
LONGEST_CUT = 10
# From the end of what was said to the end of its answer, beyond the cut.
ANSWER_WITHIN = 20
# Half of them without a word; those by the kernel only where that is allowed.
KINDS = ("silence", "reset", "drop")


@dataclass
class Cut:
    """One cut, and what came of it."""

    kind: str
    begins: float
    lasts: float
    # Seconds from the cut to the daemon's word that the link is lost; None: it never needed to.
    noticed: float | None = None
    # Seconds from the end of the cut to the daemon's word that the link is back.
    ready: float | None = None
    spoken_ms: int = 0
    lost_ms: int = 0
    doubled_ms: int = 0
    # Came, but without the sound that was spoken.
    muted_ms: int = 0
    flaws: list[str] = field(default_factory=list)

    def words_lost(self) -> int:
        """As many words as would fill what is missing, rounded up."""
        words = len(WORDS.split())
        return -(-(self.lost_ms + self.muted_ms) * words // max(1, self.spoken_ms))


class Talk(threading.Thread):
    """One daemon and its talker: as many cuts as it is told, one after the other."""

    def __init__(self, cuts: int, seed: int, settings: dict) -> None:
        super().__init__(daemon=True)
        self.network: Network | None = None
        self.cuts, self.dice, self.settings = cuts, random.Random(seed), dict(settings)
        self.done: list[Cut] = []
        self.problem: str | None = None

    def run(self) -> None:
        bench = Bench(temporary_folder())
        with ExitStack() as rest:
            rest.callback(shutil.rmtree, bench.folder, ignore_errors=True)
            try:
                self._talk(bench, rest)
            # Of any kind: a talk that ends early without a word is one that nothing was found in.
            except Exception as problem:
                where = traceback.extract_tb(problem.__traceback__)[-1]
                self.problem = f"{type(problem).__name__} in {where.name}: {problem}"

    def _talk(self, bench: Bench, rest: ExitStack) -> None:
        host = "127.0.0.1"
        if netns.missing() is None:
            self.network = Network()
            rest.callback(self.network.close)
            host = self.network.ours
        self.agent = NativeAgent(*bench.certificates.server(names=f"IP:{host}"), host=host)
        rest.callback(self.agent.close)
        self.relay = Relay(self.agent.port, address=host, listen=host)
        rest.callback(self.relay.close)
        rest.callback(bench.close)
        sound = bench.voice(WORDS)
        self.said = likeness.spoken(sound)
        seconds = len(self.said) * likeness.STEP_MS / 1_000
        script = bench.script("wait 2 s", *(
            f"play {sound}", f"await reply within {ANSWER_WITHIN + LONGEST_CUT} s", "wait 1 s") * self.cuts)
        # The wait between two attempts is the one people get.
        link = {"longest_wait": "30 s", **self.settings.pop("link", {})}
        bench.daemon(bench.usual(
            agent={"url": f"wss://{host}:{self.relay.port}/auricle"}, room={"script": script}, link=link,
            # The talker would take a cue for an answer.
            speaker={"cue_level": 0}, **self.settings), within=self.network)
        self.follower = Follower(bench)
        self.follower.await_ready()
        for _ in range(self.cuts):
            self.done.append(self._cut(seconds))
        for trouble in self.agent.failures + self.agent.breaches + self.agent.strays:
            raise Gone(f"device and agent disagree: {trouble}")

    def _cut(self, seconds: float) -> Cut:
        follower, dice = self.follower, self.dice
        kinds = (*KINDS, "partition", "partition") if self.network else KINDS
        cut = Cut(dice.choice(kinds), dice.uniform(0, seconds), dice.uniform(0.1, LONGEST_CUT))
        heard = len(self.agent.turns())
        mark = follower.mark()
        started = follower.await_(is_event("room", phase="talker_started"), "talker", 120, mark)
        time.sleep(max(0, started.when + cut.begins - time.monotonic()))
        mark = follower.mark()
        began = time.monotonic()
        self._sever(cut.kind)
        time.sleep(cut.lasts)
        healed = time.monotonic()
        self._heal(cut.kind)
        self._await_settled(started.event["line"], mark)
        lost = follower.find(is_event("link", phase="closed"), mark)
        if lost:
            cut.noticed = lost.when - began
            back = [seen.when for seen in follower.seen[mark:] if is_event("link", phase="open")(seen.event)]
            if not back:
                raise Gone("nothing was ready after a cut")
            # One that was there before the end of the cut was ready at its end.
            cut.ready = next((when - healed for when in back if when > healed), 0.0)
        self._count(cut, started.at_ms, heard)
        return cut

    def _sever(self, kind: str) -> None:
        if kind == "partition" and self.network:
            return self.network.partition()
        if kind == "silence":
            return self.relay.sever()
        self.relay.gate = self.dice.choice((Gate.UNANSWERED, Gate.REFUSED))
        self.relay.end(End.RESET if kind == "reset" else End.DROP)

    def _heal(self, kind: str) -> None:
        if kind == "partition" and self.network:
            return self.network.heal()
        self.relay.heal()

    def _await_settled(self, line: str, mark: int) -> None:
        """Until the talker was answered, or gave up waiting."""
        following = str(int(line) + 1)
        self.follower.await_(
            lambda event: is_event("reply", phase="drained")(event)
            or is_event("room", phase="patience_ended", line=following)(event),
            "answer", 2 * (ANSWER_WITHIN + LONGEST_CUT), mark)
        self.follower.await_(
            lambda event: event.get("event") == "state" and event["state"] == "idle", "idle",
            2 * ANSWER_WITHIN, mark)

    def _count(self, cut: Cut, start_ms: int, heard: int) -> None:
        """Compares what was said with what the agent has of it."""
        ended = [seen.at_ms for seen in self.follower.seen
                 if is_event("room", phase="talker_ended")(seen.event) and seen.at_ms > start_ms]
        end_ms = ended[0]
        cut.spoken_ms = end_ms - start_ms
        begun = {seen.event["turn"]: seen.at_ms for seen in self.follower.seen
                 if is_event("turn", phase="started")(seen.event)
                 and start_ms - 1_000 < seen.at_ms < end_ms + 1_000}
        turns = [turn for turn in self.agent.turns()[heard:] if turn.end == "commit"]
        covered = bytearray(cut.spoken_ms)
        for turn, began_at in zip(turns, begun.values()):
            first = began_at - turn.pre_roll_ms - start_ms
            for at, length, _ in turn.packets:
                begins, ends = max(0, first + at), min(cut.spoken_ms, first + at + length)
                for millisecond in range(begins, ends):
                    if covered[millisecond]:
                        cut.doubled_ms += 1
                    covered[millisecond] = 1
            cut.flaws += turn.flaws()
            heard_levels = likeness.levels(opus.decode([packet for _, _, packet in turn.packets]))
            cut.muted_ms += likeness.muted_ms(self.said, heard_levels, first)
        cut.lost_ms = covered.count(0)


def run(cuts: int, parallel: int, seed: int, **settings: dict) -> tuple[list[Cut], list[str]]:
    """So many cuts in all, and what went wrong with daemons and agents that did not get through theirs."""
    shares = [cuts // parallel + (number < cuts % parallel) for number in range(parallel)]
    talks = [Talk(share, seed * 1_000 + number, settings)
             for number, share in enumerate(shares) if share]
    for talk in talks:
        talk.start()
    for talk in talks:
        talk.join()
    return ([cut for talk in talks for cut in talk.done],
            [talk.problem for talk in talks if talk.problem])


def percentile(values: list[float], share: float, of_nothing: float = 0.0) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else of_nothing


def figures(cuts: list[Cut]) -> list[tuple[str, float]]:
    noticed = {kind: [cut.noticed for cut in cuts if cut.kind == kind and cut.noticed is not None]
               for kind in (*KINDS, "partition")}
    ready = [cut.ready for cut in cuts if cut.ready is not None]
    shown: list[tuple[str, float]] = [
        ("cuts", len(cuts)),
        ("cuts_with_loss", sum(cut.words_lost() > 0 for cut in cuts)),
        ("words_lost", sum(cut.words_lost() for cut in cuts)),
        ("words_spoken", len(cuts) * len(WORDS.split())),
        ("lost_ms", sum(cut.lost_ms for cut in cuts)),
        ("muted_ms", sum(cut.muted_ms for cut in cuts)),
        ("doubled_ms", sum(cut.doubled_ms for cut in cuts)),
        ("cuts_not_noticed", sum(cut.noticed is None for cut in cuts)),
    ]
    for name, values in (
            ("partition_noticed", noticed["partition"]), ("silence_noticed", noticed["silence"]),
            ("told_noticed", noticed["reset"] + noticed["drop"]), ("ready", ready)):
        if values:
            shown += [(f"{name}_median_ms", round(1_000 * statistics.median(values))),
                      (f"{name}_p95_ms", round(1_000 * percentile(values, 0.95))),
                      (f"{name}_worst_ms", round(1_000 * max(values)))]
    return shown
