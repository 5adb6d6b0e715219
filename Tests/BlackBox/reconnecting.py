"""Cuts the connection again and again and looks at what that leaves behind."""

from __future__ import annotations

import shutil
import statistics
from dataclasses import dataclass

from following import Follower, is_event
from native_agent import NativeAgent
from programs import Bench, process_facts, temporary_folder
from relay import Relay

# Until the allocator has seen everything once.
WARM = 10
# Allocators keep a little; what was forgotten each time would be far above it.
ALLOWED_KIB = 512
# A connection takes ten to twenty; what gets slower with each would be far above it after a hundred.
ALLOWED_MS = 10


@dataclass
class Found:
    cycles: int
    # From the accepted connection to the welcome, of the first and the last tenth: the median, and
    # the quickest, which other programs on the machine disturb less.
    first_ms: float
    last_ms: float
    quickest_first_ms: float
    quickest_last_ms: float
    memory_grown_kib: int
    descriptors_grown: int
    resident_kib: int

    def figures(self) -> list[tuple[str, float]]:
        return [
            ("cycles", self.cycles), ("connect_first_tenth_ms", self.first_ms),
            ("connect_last_tenth_ms", self.last_ms),
            ("quickest_first_tenth_ms", self.quickest_first_ms),
            ("quickest_last_tenth_ms", self.quickest_last_ms),
            ("connect_grown_ms", self.quickest_last_ms - self.quickest_first_ms),
            ("memory_grown_kib", self.memory_grown_kib),
            ("descriptors_grown", self.descriptors_grown), ("resident_kib", self.resident_kib)]


def run(cycles: int) -> Found:
    """So many connections that end with a reset, after some that only warm it up."""
    bench = Bench(temporary_folder())
    agent = NativeAgent(*bench.certificates.server())
    relay = Relay(agent.port)
    try:
        daemon = bench.daemon(bench.usual(relay.port))
        follower = Follower(bench)
        follower.await_ready()
        latencies: list[float] = []

        def cycle() -> None:
            mark = follower.mark()
            count = len(relay.accepted)
            relay.reset()
            back = follower.await_(is_event("link", phase="open"), "welcome", after=mark)
            assert len(relay.accepted) == count + 1, "one reset, one connection"
            latencies.append(1_000 * (back.when - relay.accepted[-1]))

        for _ in range(WARM):
            cycle()
        before = process_facts(daemon.identifier)
        latencies.clear()
        for _ in range(cycles):
            cycle()
        after = process_facts(daemon.identifier)
        tenth = max(1, cycles // 10)
        first, last = latencies[:tenth], latencies[-tenth:]
        return Found(
            cycles, statistics.median(first), statistics.median(last), min(first), min(last), after[0] - before[0], after[1] - before[1], after[0])
    finally:
        bench.close()
        relay.close()
        agent.close()
        shutil.rmtree(bench.folder, ignore_errors=True)
