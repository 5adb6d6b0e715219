"""Runs `auricle process` on recordings, compares what two machines make of them, and counts what it
costs. Used by tools/measure.py."""

import array
import json
import resource
import subprocess
import sys
import wave

import scene

# A minute of sound under an emulator that shares its machine.
SECONDS = 600
SCENE_SECONDS = 60
# What the costs are measured on: long enough that a talker, a reply and an interruption are in it.
COST_SECONDS = 30
RUNS = 5
TOP = 25


class Failed(Exception):
    """A program did not do what it should."""


def made_scene(folder, seconds=SCENE_SECONDS):
    """The two files of a scene with interruptions."""
    mic, reference = scene.scene(seconds)
    return scene.write(folder / "scene-mic.wav", mic), scene.write(folder / "scene-ref.wav", reference)


def split(recording, folder):
    """The two channels of the demo's recording as files: what was heard, and what was played."""
    with wave.open(str(recording)) as both:
        assert both.getnchannels() == 2 and both.getsampwidth() == 2
        data = samples(both.readframes(both.getnframes()))
    return (scene.write(folder / "mic.wav", data[0::2]), scene.write(folder / "ref.wav", data[1::2]))


def samples(data):
    values = array.array("h", data)
    if sys.byteorder != "little":
        values.byteswap()
    return values


class Result:
    """What one run found."""

    def __init__(self, program, recordings, folder):
        clean, events = folder / "clean.wav", folder / "events.jsonl"
        done = subprocess.run(
            [*program, "process", "--mic", recordings[0], "--ref", recordings[1], "--out", clean,
             "--events", events], capture_output=True, text=True, timeout=SECONDS)
        if done.returncode != 0:
            raise Failed(f"{program[-1]} process ended with {done.returncode}: {done.stderr}")
        lines = [json.loads(line) for line in events.read_text().splitlines()]
        self.events = [line for line in lines if line["type"] == "event"]
        self.frames = [line for line in lines if line["type"] == "frame"]
        with wave.open(str(clean)) as file:
            self.clean = samples(file.readframes(file.getnframes()))


class Difference:
    """How far apart two results of the same recordings are."""

    def __init__(self, one, other):
        same = len(one.events) == len(other.events)
        self.same_events = same and all(
            left["event"] == right["event"] and left.keys() == right.keys()
            for left, right in zip(one.events, other.events))
        moments = ("t_ms", "start_ms", "end_ms")
        self.events_apart_ms = max(
            (abs(left[key] - right[key]) for left, right in zip(one.events, other.events)
             for key in moments if key in left and key in right), default=0)
        self.states_apart = sum(
            left["state"] != right["state"] for left, right in zip(one.frames, other.frames))
        self.vad_apart = max(
            (abs(left["vad"] - right["vad"]) for left, right in zip(one.frames, other.frames)), default=0.0)
        self.sound_apart = max((abs(left - right) for left, right in zip(one.clean, other.clean)), default=0)
        self.events = len(one.events)
        if len(one.frames) != len(other.frames) or len(one.clean) != len(other.clean):
            raise Failed("the two results are not equally long")


def compare(native, emulated, pairs, folder):
    """The differences of all recordings taken together, as named figures."""
    found = [
        Difference(Result(native, pair, folder), Result(emulated, pair, folder)) for pair in pairs]
    return {
        "process_arm64_same_events": int(all(one.same_events for one in found)),
        "process_events": sum(one.events for one in found),
        "process_arm64_events_apart_ms": max(one.events_apart_ms for one in found),
        "process_arm64_states_apart_frames": sum(one.states_apart for one in found),
        "process_arm64_vad_apart": max(one.vad_apart for one in found),
        "process_arm64_sound_apart": max(one.sound_apart for one in found),
    }


# What it costs


def instructions(program, recordings, folder):
    """What callgrind counts in a run, start and end of the program included."""
    out = folder / "callgrind.out"
    done = subprocess.run(
        ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", *program, "process",
         "--mic", recordings[0], "--ref", recordings[1], "--out", folder / "clean.wav",
         "--events", folder / "events.jsonl"], capture_output=True, text=True, timeout=SECONDS)
    if done.returncode != 0:
        raise Failed(f"callgrind ended with {done.returncode}: {done.stderr[-500:]}")
    for line in out.read_text().splitlines():
        if line.startswith(("summary:", "totals:")):
            return int(line.split()[1]), out
    raise Failed("callgrind counted nothing")


def cost(program, folder):
    """Instructions and milliseconds for a second of sound. Those of a start are taken off."""
    whole = made_scene(folder, COST_SECONDS)
    start = []
    for path in whole:
        with wave.open(str(path)) as file:
            data = samples(file.readframes(scene.RATE))
        start.append(scene.write(folder / f"start-{path.name}", data))
    few, _ = instructions(program, start, folder)
    many, out = instructions(program, whole, folder)
    used = []
    for _ in range(RUNS):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        Result(program, whole, folder)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        used.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    figures = {
        "process_million_instructions_per_second": (many - few) / (COST_SECONDS - 1) / 1e6,
        # Of a machine that others share, the quietest run.
        "process_cpu_ms_per_second": 1000 * min(used) / COST_SECONDS,
    }
    return figures, out


def functions(out):
    """Where the instructions went, as callgrind_annotate tells it."""
    done = subprocess.run(["callgrind_annotate", str(out)], capture_output=True, text=True, check=True)
    lines = done.stdout.splitlines()
    first = next((number for number, line in enumerate(lines) if "file:function" in line), 0)
    return [line for line in lines[first + 2:first + 2 + TOP] if line.strip()]
