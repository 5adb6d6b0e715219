"""What a conversation costs on the wire, and how soon an answer that is ready is heard."""

from __future__ import annotations

import shutil
import statistics

from cutting import percentile
from following import Follower, is_event
from programs import SECONDS, Bench, temporary_folder
from tap import Tap

CONVERSATION = (
    "wait 2 s", "say what are your opening hours", "await reply within 30 s", "wait 2 s",
    "say tell me about the exhibition", "await reply within 60 s", "wait 2 s",
    "say where are the toilets", "await reply within 30 s", "wait 2 s")
ECHOES = 12


def wire() -> list[tuple[str, float]]:
    """The bytes of a conversation of three questions with the real agent."""
    bench = Bench(temporary_folder())
    agent = bench.agent()
    tap = Tap(agent.port, *bench.certificates.server("tap"), bench.certificates.authority)
    try:
        bench.daemon(bench.usual(tap.port, room={"script": bench.script(*CONVERSATION)}))
        follower = Follower(bench)
        follower.await_ready()
        begun = tap.wire_up, tap.wire_down
        follower.await_(is_event("room", phase="script_ended"), "end", 8 * SECONDS)
        ended = tap.wire_up, tap.wire_down
        up, down = (after - before for before, after in zip(begun, ended))
        both = tap.up.opus_bytes + tap.down.opus_bytes

        def percent(wire_bytes: int, opus_bytes: int) -> float:
            return 100 * (wire_bytes / opus_bytes - 1)

        return [
            ("handshake_up_bytes", begun[0]), ("handshake_down_bytes", begun[1]),
            ("wire_up_bytes", up), ("wire_down_bytes", down),
            ("opus_up_bytes", tap.up.opus_bytes), ("opus_down_bytes", tap.down.opus_bytes),
            ("packets_up", tap.up.packets), ("packets_down", tap.down.packets),
            ("control_up_bytes", tap.up.text_bytes), ("control_down_bytes", tap.down.text_bytes),
            *((f"{way}_{kind.replace(' ', '_')}s", count)
              for way, reading in (("up", tap.up), ("down", tap.down))
              for kind, count in sorted(reading.kinds.items())),
            ("records_up", tap.device_side.up.records), ("records_down", tap.agent_side.down.records),
            ("overhead_up_percent", percent(up, tap.up.opus_bytes)),
            ("overhead_down_percent", percent(down, tap.down.opus_bytes)),
            ("overhead_percent", percent(up + down, both))]
    finally:
        bench.close()
        tap.close()
        shutil.rmtree(bench.folder, ignore_errors=True)


def echo() -> list[tuple[str, float]]:
    """From commit to the first sample in the room, with an agent that answers at once.

    The commit is known to the frame of ten milliseconds in which it was decided, the sample exactly.
    """
    bench = Bench(temporary_folder())
    try:
        agent = bench.agent(options=["--echo"])
        steps = ("say where are the toilets", "await reply within 20 s", "wait 700 ms") * ECHOES
        bench.daemon(bench.usual(agent.port, room={"script": bench.script("wait 2 s", *steps)}))
        follower = Follower(bench)
        spans, mark = [], 0
        for _ in range(ECHOES):
            committed = follower.await_(is_event("turn", phase="committed"), "commit", after=mark)
            mark = follower.seen.index(committed) + 1
            sounds = follower.await_(
                is_event("room", phase="loudspeaker_started"), "sound", after=mark)
            spans.append(float(sounds.at_ms - committed.at_ms))
        return [
            ("commit_to_first_sample_median_ms", statistics.median(spans)),
            ("commit_to_first_sample_p95_ms", percentile(spans, 0.95)),
            ("commit_to_first_sample_worst_ms", max(spans))]
    finally:
        bench.close()
        shutil.rmtree(bench.folder, ignore_errors=True)
