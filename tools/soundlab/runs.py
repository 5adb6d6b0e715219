"""Runs `auricle process` over scenes, keeps what it found, and checks the contract of each run."""

import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from .truth import FRAME, FRAME_MS, RATE, ROOT, Scene, folder, read_wave, write_wave

# Runs of older programs are of no use; of the last few they save comparing twice.
KEPT_PROGRAMS = 12


class Broken(Exception):
    """The program failed, or what it wrote is not what the contract says."""


@dataclass
class Track:
    """What one system heard in one scene: a value for each frame, what happened, and its sound."""

    vad: np.ndarray
    # None where the system decides nothing by itself.
    state: np.ndarray | None = None
    events: list[dict] = field(default_factory=list)
    clean: np.ndarray | None = None
    user_seconds: float = 0
    extras: dict[str, np.ndarray] = field(default_factory=dict)

    def times(self, event: str) -> list[float]:
        """When the named event was known, in ms of input consumed."""
        return [item["t_ms"] for item in self.events if item["event"] == event]


def parse_events(text: str, frames: int) -> tuple[np.ndarray, np.ndarray, list[dict], dict[str, np.ndarray]]:
    """The lines of events.jsonl; complains about whatever is against the contract."""
    vad = np.zeros(frames, np.float32)
    state = np.zeros(frames, bool)
    extras: dict[str, np.ndarray] = {}
    events: list[dict] = []
    count, before = 0, 0
    for number, line in enumerate(text.splitlines(), 1):
        item = json.loads(line)
        now = item["t_ms"]
        if now < before:
            raise Broken(f"line {number}: {now} ms after {before} ms")
        before = now
        if item["type"] == "frame":
            if now != (count + 1) * FRAME_MS:
                raise Broken(f"line {number}: frame {count} has t_ms {now}")
            if count >= frames:
                raise Broken(f"line {number}: more than the {frames} frames of the input")
            if not 0 <= item["vad"] <= 1:
                raise Broken(f"line {number}: vad is {item['vad']}")
            if item["state"] not in ("speech", "silence"):
                raise Broken(f"line {number}: state is {item['state']}")
            vad[count] = item["vad"]
            state[count] = item["state"] == "speech"
            for name in ("far", "erle_db", "delay_ms", "drift_ppm"):
                if name in item:
                    extras.setdefault(name, np.full(frames, np.nan, np.float32))[count] = item[name]
            count += 1
        elif item["type"] == "event":
            events.append(item)
        else:
            raise Broken(f"line {number}: type is {item['type']}")
    if count != frames:
        raise Broken(f"{count} frame lines for {frames} frames of input")
    return vad, state, events, extras


def state_follows_events(track: Track) -> None:
    """speech_start and speech_end must tell exactly the changes of the state."""
    changes = np.flatnonzero(np.diff(np.concatenate([[False], track.state]).astype(int)))
    told = [item for item in track.events if item["event"] in ("speech_start", "speech_end")]
    expected = [((index + 1) * FRAME_MS, "speech_start" if track.state[index] else "speech_end") for index in changes]
    found = [(item["t_ms"], item["event"]) for item in told]
    if expected != found:
        odd = next((pair for pair in zip(expected, found) if pair[0] != pair[1]), (expected[-1:], found[-1:]))
        raise Broken(f"states and events differ: states say {odd[0]}, events {odd[1]}")


class Program:
    """An `auricle` and the settings it runs with; its runs are cached by what is in both files."""

    def __init__(self, path: Path, config: Path | None = None):
        self.path, self.config = path, config
        digest = hashlib.sha256(path.read_bytes())
        if config:
            digest.update(config.read_bytes())
        self.identity = digest.hexdigest()[:12]
        self.cache = folder() / "runs" / self.identity
        self.cache.mkdir(parents=True, exist_ok=True)
        # A program that is built anew while its runs are counted must not mix with itself.
        self.copy = self.cache / "auricle"
        if not self.copy.exists():
            temporary = self.cache / f"auricle.{os.getpid()}"
            shutil.copy2(path, temporary)
            os.replace(temporary, self.copy)
        os.utime(self.cache)
        old = sorted(self.cache.parent.iterdir(), key=lambda item: item.stat().st_mtime)[:-KEPT_PROGRAMS]
        for item in old:
            shutil.rmtree(item, ignore_errors=True)

    def process(self, mic: Path, ref: Path, into: Path) -> tuple[Path, Path, float]:
        """One run; where its sound and its events are, and the user's time it took."""
        clean, events = into / "clean.wav", into / "events.jsonl"
        command = [str(self.copy), "process", "--mic", str(mic), "--ref", str(ref), "--out", str(clean), "--events", str(events)]
        if self.config:
            command += ["--config", str(self.config)]
        with open(into / "complaints", "wb") as complaints:
            child = subprocess.Popen(command, stdout=complaints, stderr=complaints)
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode != 0:
            said = (into / "complaints").read_text(errors="replace")[-300:]
            raise Broken(f"exit {child.returncode} for {mic}: {said}")
        return clean, events, usage.ru_utime

    def hear(self, scene: Scene) -> Track:
        """What it hears in the scene, from the cache where it heard it before."""
        stamp = (scene.path / "mic.wav").stat()
        key = hashlib.sha256(f"{scene.path.resolve()} {stamp.st_size} {stamp.st_mtime_ns}".encode()).hexdigest()[:16]
        kept = self.cache / f"{key}.npz"
        if kept.exists():
            return _load(kept)
        with tempfile.TemporaryDirectory(prefix="hearing-") as work:
            into = Path(work)
            clean, events, seconds = self.process(scene.path / "mic.wav", scene.path / "ref.wav", into)
            try:
                vad, state, happened, extras = parse_events(events.read_text(), scene.frames)
                track = Track(vad, state, happened, read_wave(clean), seconds, extras)
                if len(track.clean) != scene.samples:
                    raise Broken(f"{len(track.clean)} samples out for {scene.samples} in")
                state_follows_events(track)
            except Broken as broken:
                raise Broken(f"{scene.name}: {broken}") from None
        _save(kept, track)
        return track

    def hear_all(self, list_of_scenes: list[Scene], jobs: int) -> dict[str, Track]:
        with ThreadPoolExecutor(max(jobs, 1)) as pool:
            tracks = pool.map(self.hear, list_of_scenes)
            return {scene.name: track for scene, track in zip(list_of_scenes, tracks)}

    def check_contract(self, scene: Scene) -> None:
        """Runs the scene again whole, and its first half: neither may tell anything else than before."""
        with tempfile.TemporaryDirectory(prefix="hearing-") as work:
            into = Path(work)
            clean, events, _ = self.process(scene.path / "mic.wav", scene.path / "ref.wav", into)
            sound, lines = clean.read_bytes(), events.read_bytes()
            clean, events, _ = self.process(scene.path / "mic.wav", scene.path / "ref.wav", into)
            if clean.read_bytes() != sound or events.read_bytes() != lines:
                raise Broken(f"{scene.name}: two runs on the same input differ")
            half = scene.frames // 2
            for name in ("mic", "ref"):
                write_wave(into / f"{name}.wav", scene.wave(name)[: half * FRAME])
            clean, events, _ = self.process(into / "mic.wav", into / "ref.wav", into)
            certain = half - 2
            header, size = 44, certain * FRAME * 2
            if clean.read_bytes()[header : header + size] != sound[header : header + size]:
                raise Broken(f"{scene.name}: the sound of the first half depends on the second")
            if _until(events.read_text(), certain) != _until(lines.decode(), certain):
                raise Broken(f"{scene.name}: the events of the first half depend on the second")

    def instructions_per_second(self, scene: Scene) -> float:
        """What callgrind counts for a second of the scene's sound, the program's start taken off."""

        def count(seconds: float, into: Path) -> int:
            for name in ("mic", "ref"):
                write_wave(into / f"{name}.wav", scene.wave(name)[: int(seconds * RATE)])
            out = into / "callgrind"
            command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", str(self.copy), "process"]
            command += ["--mic", str(into / "mic.wav"), "--ref", str(into / "ref.wav")]
            command += ["--out", str(into / "clean.wav"), "--events", str(into / "events.jsonl")]
            if self.config:
                command += ["--config", str(self.config)]
            subprocess.run(command, check=True, capture_output=True)
            return int(next(line for line in out.read_text().splitlines() if line.startswith(("totals:", "summary:"))).split()[1])

        with tempfile.TemporaryDirectory(prefix="hearing-") as work:
            short, long = 1.0, min(9.0, scene.seconds)
            return (count(long, Path(work)) - count(short, Path(work))) / (long - short)


def build() -> Path:
    """A release build of this checkout."""
    command = ["swift", "build", "--package-path", str(ROOT), "-c", "release", "--product", "auricle"]
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode != 0:
        raise Broken(f"the release build fails:\n{result.stdout[-2000:]}{result.stderr[-2000:]}")
    return ROOT / ".build" / "release" / "auricle"


def _until(text: str, frames: int) -> list[str]:
    lines = text.splitlines()
    return [line for line in lines if json.loads(line)["t_ms"] <= frames * FRAME_MS]


def _save(path: Path, track: Track) -> None:
    temporary = path.with_name(f"{path.stem}.{os.getpid()}.npz")
    np.savez(
        temporary,
        vad=track.vad,
        state=track.state,
        events=np.array(json.dumps(track.events)),
        clean=np.round(track.clean * 32768).astype(np.int16),
        user_seconds=track.user_seconds,
        **{f"extra_{name}": values for name, values in track.extras.items()},
    )
    os.replace(temporary, path)


def _load(path: Path) -> Track:
    with np.load(path) as kept:
        extras = {name[6:]: kept[name] for name in kept.files if name.startswith("extra_")}
        return Track(
            kept["vad"], kept["state"], json.loads(str(kept["events"])),
            kept["clean"].astype(np.float32) / 32768, float(kept["user_seconds"]), extras,
        )
