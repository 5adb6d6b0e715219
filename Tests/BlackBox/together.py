"""Tests that mostly wait for real time to pass, played several at once.

A method `play_WHAT(stage)` becomes the test `test_WHAT`. All of them begin with the first test, a dozen
at a time, each with a bench of its own; each test then tells what became of its play.
"""

from __future__ import annotations

import os
import shutil
import sys
import unittest
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from typing import Callable, ClassVar

import schema_check
from following import Follower, is_event
from native_agent import NativeAgent
from netns import Network
from programs import SECONDS, Bench, Program, temporary_folder
from relay import Relay

# A visitor who asks again whenever the last question was answered, or was not for ten seconds.
VISITOR = ("say what are your opening hours", "await reply within 10 s", "wait 1 s")


class Stage:
    """A bench, and what was set up on it; all of it is cleared away at the end."""

    def __init__(self) -> None:
        self.bench = Bench(temporary_folder())
        self.rest = ExitStack()
        self.agents: list[NativeAgent] = []
        self.program: Program | None = None

    def native_agent(self, **options) -> NativeAgent:
        certificate = options.pop("certificate", None) or self.bench.certificates.server()
        agent = NativeAgent(*certificate, **options)
        self.agents.append(agent)
        self.rest.callback(agent.close)
        return agent

    def relay(self, port: int, **options) -> Relay:
        relay = Relay(port, **options)
        self.rest.callback(relay.close)
        return relay

    def network(self) -> Network:
        network = Network()
        self.rest.callback(network.close)
        return network

    def daemon(self, port: int, *script: str, within: Network | None = None, **sections) -> Follower:
        """Starts the daemon in a room where a visitor follows the script, and follows it."""
        bench = self.bench
        room = {"script": bench.script("wait 2 s", *(script or VISITOR * 30))}
        sections["room"] = {**room, **sections.get("room", {})}
        # The visitor would take a cue for an answer.
        sections["speaker"] = {"cue_level": 0}
        settings = bench.settings(bench.usual(port, **sections))
        self.program = bench.daemon(settings, within=within)
        self.follower = Follower(bench)
        return self.follower

    def answered(self, after: int, seconds: float = 2 * SECONDS) -> None:
        """Awaits a turn that begins from there on, and an answer that can be heard: all is well again."""
        follower = self.follower
        begun = follower.await_(is_event("turn", phase="started"), "turn", seconds, after)
        follower.await_(
            is_event("reply", phase="first_sound"), "answer", seconds, follower.seen.index(begun))

    def close(self, has_failed: bool) -> None:
        self.bench.close()
        self.rest.close()
        if has_failed and os.environ.get("AURICLE_KEEP"):
            print(f"kept {self.bench.folder}", file=sys.stderr)
        else:
            shutil.rmtree(self.bench.folder, ignore_errors=True)

    def check(self) -> None:
        """What must hold after every play: the daemon lives, and kept to the protocol."""
        if self.program:
            assert self.program.is_running(), f"the daemon ended:\n{self.program.output[-3_000:]}"
            assert self.bench.status()["error"] == "0"
            assert self.program.stop() == 0, self.program.output[-3_000:]
        for agent in self.agents:
            assert not agent.failures, agent.failures
            assert not agent.breaches, agent.breaches
            assert not agent.strays, agent.strays
            wrong = schema_check.faults(
                [(way, message) for _, way, _, message in agent.messages if way != "lost"])
            assert not wrong, wrong


class Together(unittest.TestCase):
    AT_ONCE: ClassVar[int] = 12
    _pool: ClassVar[ThreadPoolExecutor | None] = None
    _plays: ClassVar[dict[str, Future]] = {}

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        for name in cls.plays():
            setattr(cls, name.replace("play_", "test_", 1), cls._test(name))

    @classmethod
    def plays(cls) -> list[str]:
        """AURICLE_PLAY picks those with that in their names."""
        wanted = os.environ.get("AURICLE_PLAY", "")
        return [name for name in vars(cls) if name.startswith("play_") and wanted in name]

    @staticmethod
    def _test(name: str) -> Callable[[Together], None]:
        return lambda self: self._plays[f"{type(self).__name__}.{name}"].result()

    @classmethod
    def setUpClass(cls) -> None:
        # Those of all classes, or the slowest of each would be waited for.
        if Together._pool is None:
            Together._pool = ThreadPoolExecutor(cls.AT_ONCE)
            for kind in Together.__subclasses__():
                for name in [] if getattr(kind, "__unittest_skip__", False) else kind.plays():
                    Together._plays[f"{kind.__name__}.{name}"] = Together._pool.submit(
                        cls._play, kind, getattr(kind, name))

    @staticmethod
    def _play(kind: type, play: Callable[[Together, Stage], None]) -> None:
        stage, has_failed = Stage(), True
        try:
            play(kind(), stage)
            stage.check()
            has_failed = False
        finally:
            stage.close(has_failed)
