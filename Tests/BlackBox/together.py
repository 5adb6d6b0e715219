"""Tests that mostly wait for real time to pass, played several at once.

A method `play_WHAT(stage)` becomes the test `test_WHAT`. All of a class begin with its first test, a
few at a time, each with a bench of its own; each test then tells what became of its play.
"""

from __future__ import annotations

import os
import shutil
import sys
import unittest
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from typing import Callable, ClassVar

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
        room = {"script": bench.script("wait 1 s", *(script or VISITOR * 30))}
        sections["room"] = {**room, **sections.get("room", {})}
        settings = bench.settings(bench.usual(port, **sections))
        self.program: Program = bench.daemon(settings, within=within)
        self.follower = Follower(bench)
        return self.follower

    def answered(self, after: int, seconds: float = 2 * SECONDS):
        """Awaits a turn that begins from now on and is answered to its end: all is well again."""
        follower = self.follower
        begun = follower.await_(is_event("turn", phase="started"), "turn", seconds, after)
        return follower.await_(
            is_event("reply", phase="drained"), "answer", seconds, follower.seen.index(begun))

    def close(self, has_failed: bool) -> None:
        self.bench.close()
        self.rest.close()
        if has_failed and os.environ.get("AURICLE_KEEP"):
            print(f"kept {self.bench.folder}", file=sys.stderr)
        else:
            shutil.rmtree(self.bench.folder, ignore_errors=True)

    def check(self) -> None:
        """What must hold after every play: the daemon lives, and kept to the protocol."""
        assert self.program.is_running(), f"the daemon ended:\n{self.program.output[-3_000:]}"
        control = self.bench.control()
        assert control.ask("status")["error"] == "0"
        assert self.program.stop() == 0, self.program.output[-3_000:]
        for agent in self.agents:
            assert not agent.failures, agent.failures
            assert not agent.strays, agent.strays


class Together(unittest.TestCase):
    AT_ONCE: ClassVar[int] = 6
    _plays: ClassVar[dict[str, Future]] = {}

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        for name in [name for name in vars(cls) if name.startswith("play_")]:
            setattr(cls, name.replace("play_", "test_", 1), cls._test(name))

    @staticmethod
    def _test(name: str) -> Callable[[Together], None]:
        return lambda self: self._plays[name].result()

    @classmethod
    def setUpClass(cls) -> None:
        cls._pool = ThreadPoolExecutor(cls.AT_ONCE)
        wanted = os.environ.get("AURICLE_PLAY", "")
        cls._plays = {name: cls._pool.submit(cls._play, getattr(cls, name))
                      for name in vars(cls) if name.startswith("play_") and wanted in name}

    @classmethod
    def tearDownClass(cls) -> None:
        cls._pool.shutdown(cancel_futures=True)

    @classmethod
    def _play(cls, play: Callable[[Together, Stage], None]) -> None:
        stage, has_failed = Stage(), True
        try:
            play(cls(), stage)
            stage.check()
            has_failed = False
        finally:
            stage.close(has_failed)
