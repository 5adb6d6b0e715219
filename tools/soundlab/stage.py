"""One scene in the making: who speaks when, and how it all comes to the microphone."""

import json
import shutil
import zlib
from pathlib import Path

import numpy as np
from scipy.signal import butter, oaconvolve, sosfilt

from . import music, noises, rooms, voices
from .sound import HOP, RATE, active, active_level, gain, level, runs, write_wave

# Pauses shorter than this belong to the speech around them.
GAP_MS = 100


class Stage:
    """A scene: first it is told what happens, then it is rendered and written once."""

    def __init__(self, kind: str, split: str, seed: int, seconds: float):
        self.rng = np.random.default_rng([zlib.crc32(f"{kind} {split}".encode()), seed])
        self.kind, self.split, self.seed = kind, split, seed
        self.count = round(seconds * RATE / HOP) * HOP
        self.room = rooms.Room(split, self.rng)
        self.person = voices.talker(split, self.rng)
        self.agent = voices.talker(split, self.rng, other_than=self.person.voice)
        self.near = np.zeros(self.count, np.float32)
        self.ref = np.zeros(self.count, np.float32)
        self.noise = np.zeros(self.count, np.float32)
        self.speech: list[list[int]] = []
        self.agent_speech: list[list[int]] = []
        self.turns: list[dict] = []
        self.interruptions: list[dict] = []
        self.distractors: list[dict] = []
        self.events: list[tuple[str, int, np.ndarray, float]] = []
        self.speaking_db = float(self.rng.uniform(-38, -14))
        self.noise_kind, self.snr_db = "room", 30.0
        self.echo: dict | None = None
        self.shaping: dict = {}

    # Telling

    def _placed(self, onto: np.ndarray, labels: list[list[int]], at: float, said: np.ndarray) -> tuple[int, int] | None:
        """Puts a sound at a time in seconds; gives its audible first and last millisecond."""
        start = int(at * RATE)
        said = said[: max(0, self.count - start)]
        found = runs(active(said))
        if not found:
            return None
        onto[start : start + len(said)] += said
        offset = start * 1000 / RATE
        spans = [[round(offset + first * 10), round(offset + last * 10)] for first, last in found]
        labels += spans
        return spans[0][0], spans[-1][1]

    def say(self, at: float, said: np.ndarray) -> tuple[int, int] | None:
        """The person says something."""
        return self._placed(self.near, self.speech, at, said)

    def interrupt(self, at: float, said: np.ndarray) -> None:
        span = self.say(at, said)
        if span:
            self.interruptions.append({"start_ms": span[0], "end_ms": span[1]})

    def turn(self, at: float, parts: int) -> float:
        """A turn of several phrases with pauses of 0.2 to 0.6 s; gives the second it ends."""
        pieces, first, last = [], None, at
        for index in range(parts):
            said = self.person.utterance(self.rng, 0.6, 3.0)
            span = self.say(last, said)
            if span is None:
                break
            first = span[0] if first is None else first
            end = span[1] / 1000
            last = end + float(self.rng.uniform(0.2, 0.6)) if index + 1 < parts else end
            pieces.append(span)
        if pieces:
            self.turns.append({"start_ms": first, "end_ms": pieces[-1][1]})
        return last

    def reply(self, at: float, until: float) -> float:
        """The agent talks without a long pause; gives the second it ends."""
        while at < until - 0.3:
            said = self.agent.utterance(self.rng, 0.4, max(0.8, min(12.0, until - at)))
            self._placed(self.ref, self.agent_speech, at, said)
            at += len(said) / RATE + float(self.rng.uniform(0.05, 0.35))
        return at

    def play_music(self, at: float, seconds: float) -> None:
        """The agent plays music through the loudspeaker."""
        start = int(at * RATE)
        piece = music.excerpt(self.split, min(int(seconds * RATE), self.count - start), self.rng)
        self.ref[start : start + len(piece)] += piece
        self.agent_speech.append([round(at * 1000), round(at * 1000 + len(piece) * 1000 / RATE)])

    def happen(self, kind: str, at: float, against_speech_db: float | None = None) -> None:
        """A cough, a door, a hum of assent. Its loudness is against the speaking level."""
        relative = float(self.rng.uniform(-15, 6)) if against_speech_db is None else against_speech_db
        self.events.append((kind, int(at * RATE), noises.distractor(kind, self.rng), relative))

    def background(self, kind: str, snr_db: float) -> None:
        """The noise, against the speaking level also where nobody speaks."""
        self.noise_kind, self.snr_db = kind, snr_db
        if kind == "music":
            self.noise = music.excerpt(self.split, self.count, self.rng)
        else:
            self.noise = noises.noise(kind, self.split, self.count, self.rng)
        if kind in ("music", "babble", *noises.TICKING):
            # No room is ever silent between its sounds.
            floor = noises.noise("room", self.split, self.count, self.rng)
            self.noise = self.noise + floor * np.float32(gain(-float(self.rng.uniform(15, 40))))
        if kind in ("music", "babble", "clicks", "keys") and self.rng.random() < 0.6:
            self.noise = rooms.placed(self.noise, self.room.noises[0])
            self.noise *= np.float32(gain(-23 - active_level(self.noise)))

    def play(self, *, delay_ms: float, drift_ppm: float, user_to_echo_db: float, distortion: str,
             path_change_ms: int | None = None, jump: tuple[int, float] | None = None, ref_db: float = -20.0) -> None:
        """How the loudspeaker comes back. Delay: from the reference to the direct sound, at time 0.

        A positive drift means the loudspeaker's clock runs fast, so the delay shrinks.
        """
        if drift_ppm > 0:
            delay_ms = max(delay_ms, drift_ppm * 1e-6 * self.count / RATE * 1000)
        self.echo = {
            "delay_ms": round(delay_ms, 3), "drift_ppm": drift_ppm, "user_to_echo_db": user_to_echo_db,
            "distortion": distortion, "path_change_ms": path_change_ms, "ref_db": round(ref_db, 1),
            "delay_jump": {"at_ms": jump[0], "by_ms": jump[1]} if jump else None,
        }

    def cut(self, seconds: float) -> None:
        """Ends the scene here, before its time."""
        self.count = min(self.count, round(seconds * RATE / HOP) * HOP)
        self.near, self.ref, self.noise = (part[: self.count] for part in (self.near, self.ref, self.noise))

    # Rendering

    def _rendered_near(self) -> np.ndarray:
        if not self.speech:
            return self.near
        place = self.room.talkers[int(self.rng.integers(len(self.room.talkers)))]
        heard = rooms.placed(self.near, place)
        return heard * np.float32(gain(self.speaking_db - active_level(heard)))

    def _rendered_noise(self) -> np.ndarray:
        noise = self.noise * np.float32(gain(self.speaking_db - self.snr_db + 23))
        for kind, start, sound, relative in self.events:
            end = min(self.count, start + len(sound))
            place = self.room.noises[int(self.rng.integers(len(self.room.noises)))]
            padded = np.concatenate([sound, np.zeros(len(place), np.float32)])
            heard = rooms.placed(padded, place)[: self.count - start]
            noise[start : start + len(heard)] += heard * np.float32(gain(self.speaking_db + relative + 23))
            self.distractors.append({"kind": kind, "start_ms": start // 16, "end_ms": end // 16})
        return noise

    def _rendered_echo(self) -> np.ndarray:
        if self.echo is None or not self.agent_speech:
            self.ref[:] = 0
            return np.zeros(self.count, np.float32)
        told = self.echo
        self.ref *= np.float32(gain(told["ref_db"] - active_level(self.ref)))
        self.ref = np.clip(np.rint(self.ref * 32768), -32768, 32767).astype(np.float32) / 32768
        index = np.arange(self.count, dtype=np.float64)
        times = index * (1 + told["drift_ppm"] * 1e-6) - told["delay_ms"] * RATE / 1000
        if told["delay_jump"]:
            after = index >= told["delay_jump"]["at_ms"] * RATE / 1000
            times[after] -= told["delay_jump"]["by_ms"] * RATE / 1000
        played = rooms.distorted(rooms.at_times(self.ref, times), told["distortion"], self.rng)
        played = oaconvolve(played, rooms.loudspeaker(self.rng))[: self.count].astype(np.float32)
        heard = rooms.placed(played, self.room.paths[0])
        if told["path_change_ms"] is not None:
            moved = rooms.placed(played, self.room.paths[1])
            heard = rooms.crossfaded(heard, moved, told["path_change_ms"] * RATE // 1000, int(self.rng.choice([160, 4800])))
        return heard * np.float32(gain(self.speaking_db - told["user_to_echo_db"] - active_level(heard)))

    def _at_microphone(self, parts: list[np.ndarray]) -> tuple[list[np.ndarray], np.ndarray]:
        """The microphone's own colour, the same for every part, and its ceiling."""
        if "cut_hz" in self.shaping:
            high = butter(1, self.shaping["cut_hz"], "high", fs=RATE, output="sos")
            parts = [sosfilt(high, part).astype(np.float32) for part in parts]
        if "tilt_db" in self.shaping:
            # One zero: brighter or duller by this much at the top.
            amount = (gain(self.shaping["tilt_db"]) - 1) / (gain(self.shaping["tilt_db"]) + 1)
            parts = [part - np.float32(amount) * np.concatenate([[np.float32(0)], part[:-1]]) for part in parts]
        # The speaking level is one of a good microphone; whatever is too loud is turned down as a whole.
        peak = max(float(np.abs(part).max()) for part in [*parts, sum(parts)])
        if peak > 0.95:
            parts = [part * np.float32(0.95 / peak) for part in parts]
        if "offset" in self.shaping:
            parts[1] = parts[1] + np.float32(self.shaping["offset"])
        mic = sum(parts)
        if "ceiling" in self.shaping:
            limit = np.float32(np.abs(mic).max() * self.shaping["ceiling"])
            mic = np.clip(mic, -limit, limit)
        return parts, mic

    @staticmethod
    def _merged(spans: list[list[int]]) -> list[list[int]]:
        merged: list[list[int]] = []
        for start, end in sorted(spans):
            if merged and start - merged[-1][1] <= GAP_MS:
                merged[-1][1] = max(end, merged[-1][1])
            else:
                merged.append([start, end])
        return merged

    def write(self, folder: Path) -> None:
        """Renders, and writes the folder under another name first: who sees it sees all of it."""
        if self.noise_kind == "music":
            self.distractors.append({"kind": "music", "start_ms": 0, "end_ms": self.count // 16})
        parts = [self._rendered_near(), self._rendered_noise(), self._rendered_echo()]
        parts, mic = self._at_microphone(parts)
        echo = None
        if self.echo is not None and self.agent_speech:
            echo = {**self.echo, "rt60_ms": round(self.room.rt60 * 1000)}
        truth = {
            "kind": self.kind, "split": self.split, "seed": self.seed, "seconds": self.count / RATE,
            "talker": self.person.name if self.speech else None, "agent": self.agent.name if echo else None,
            "room": {"rt60_ms": round(self.room.rt60 * 1000)}, "microphone": self.shaping,
            "speaking_db": round(self.speaking_db, 1),
            "noise": {"kind": self.noise_kind, "snr_db": round(self.snr_db, 1), "level_db": round(level(parts[1]), 1)},
            "echo": echo, "speech": self._merged(self.speech), "turns": self.turns,
            "interruptions": self.interruptions, "agent_speech": self._merged(self.agent_speech) if echo else [],
            "distractors": self.distractors,
        }
        half_made = folder.with_name(f".{folder.name}.new")
        shutil.rmtree(half_made, ignore_errors=True)
        half_made.mkdir(parents=True)
        for name, samples in zip(("near", "noise", "echo"), parts):
            write_wave(half_made / f"{name}.wav", samples)
        write_wave(half_made / "mic.wav", mic)
        write_wave(half_made / "ref.wav", self.ref)
        (half_made / "truth.json").write_text(json.dumps(truth, indent=1) + "\n")
        shutil.rmtree(folder, ignore_errors=True)
        half_made.rename(folder)
