"""What went wrong, scene by scene: where to listen next."""

from . import turns
from .detection import QUIET_BEFORE_MS, Heard, debounced, onset_latencies, rises
from .echoes import Erle, conditions
from .interruptions import AFTER_MS, EARLY_MS, caught, distractor_at, exposed, false_times
from .truth import FRAME_MS, Scene, inside


def _about(scene: Scene) -> str:
    truth, echo = scene.truth, scene.echo
    words = [f"{scene.name} {scene.kind}", f"talker {truth.get('talker')}", f"noise {scene.noise}"]
    if scene.spans("agent_speech"):
        words += [f"agent {truth.get('agent')}"]
        words += [f"{name} {echo[name]}" for name in ("delay_ms", "drift_ppm", "user_to_echo_db", "distortion", "rt60_ms", "path_change_ms") if echo.get(name) is not None]
    return ", ".join(words)


def wrongs(scene: Scene, track) -> list[str]:
    """A line for each mistake, with its time in the scene."""
    found = []
    for event in ("barge_in", "duck"):
        times = track.times(event)
        for (start, _), latency in zip(scene.spans("interruptions"), caught(times, scene.spans("interruptions"))):
            if latency is None:
                late = [time - start for time in times if time > start]
                found.append(f"{start / 1000:.2f} s no {event} in time" + (f", only after {min(late):.0f} ms" if late else ""))
        free = exposed(scene)
        if scene.kind == "cold":
            free = ~inside(scene.spans("speech"), scene.frames, EARLY_MS, AFTER_MS)
        # In scenes of echo the person talks too, and interrupts or not.
        if scene.kind in ("barge", "cold"):
            found += [f"{time / 1000:.2f} s false {event} ({distractor_at(scene, time)})" for time in false_times(times, free)]
    if scene.spans("turns"):
        times = track.times("endpoint")
        for (start, end), (cut, latency) in zip(scene.spans("turns"), turns.judge(times, scene.spans("turns"))):
            if cut:
                found.append(f"{min(time for time in times if start < time < end) / 1000:.2f} s turn cut, it ends at {end / 1000:.2f} s")
            if latency is None:
                found.append(f"{end / 1000:.2f} s turn not ended")
    if not scene.spans("agent_speech"):
        state = track.state if track.state is not None else debounced(track.vad)
        quiet = ~inside(scene.spans("speech"), scene.frames, 100, 300)
        found += [f"{index * FRAME_MS / 1000:.2f} s false trigger" for index in rises(state) if quiet[index]]
        latencies, already, missed = onset_latencies(state, scene.spans("speech"))
        slow = [latency for latency in latencies if latency > QUIET_BEFORE_MS]
        if slow or already or missed:
            found.append(f"onsets: {already} already on, {missed} missed, slow {[round(latency) for latency in slow]}")
    if scene.kind == "echo" and track.clean is not None:
        found.append(", ".join(f"{name} {value:.1f} dB" for name, value in conditions(scene, Erle(scene, track.clean)).items()))
    return found


def listing(heard: Heard) -> str:
    lines = []
    for scene, track in heard:
        told = wrongs(scene, track)
        if told:
            lines += [_about(scene)] + [f"    {line}" for line in told]
    return "\n".join(lines)
