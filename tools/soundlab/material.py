"""The voices: recorded and synthesised once, cut into utterances, kept by talker.

    python -m soundlab.material [train|dev|test]          makes what is missing

A voice is one person or one synthesiser's data, and belongs to one split only, so that nothing is
tested on a talker that trained it. The one exception is named: `asterisk-held` is the studio voice
of the training set with a fifth of its prompts that nothing else uses.
"""

import subprocess
import sys
import tempfile
import wave
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.signal import resample_poly

from . import sentences
from .sound import HOP, RATE, active, active_level, folder, frame_levels, gain, read_wave, runs

PROMPTS = Path("/usr/share/asterisk/sounds")
WORDS = Path("/usr/share/ktuberling/sounds")
PAUSE_LEFT = int(0.45 * RATE)


@dataclass(frozen=True)
class Voice:
    """One talker: who makes the sound, with which options, and which split may hear it."""

    name: str
    split: str
    maker: str
    option: str
    language: str = "en"


def _flite(split: str, *names: str) -> list[Voice]:
    return [Voice(f"flite-{name}", split, "flite", name) for name in names]


def _espeak(split: str, *options: str) -> list[Voice]:
    return [Voice("espeak-" + option.replace("+", "-"), split, "espeak", option, option.split("+")[0]) for option in options]


def _volunteers(split: str, languages: str) -> list[Voice]:
    return [Voice(f"volunteer-{language}", split, "volunteer", language) for language in languages.split()]


def _festival(split: str, **voices: str) -> list[Voice]:
    return [Voice(f"festival-{name}", split, "festival", name, language) for name, language in voices.items()]


VOICES = [
    Voice("asterisk", "train", "asterisk", "train"),
    Voice("asterisk-held", "test", "asterisk", "held"),
    # One person's data in two programs stays in one split: kal and slt are in flite and in festival.
    *_flite("train", "kal16", "slt", "rms"),
    *_flite("test", "awb"),
    *_festival(
        "train", kal_diphone="en", cmu_us_slt_arctic_hts="en", czech_krb="cs", czech_machac="cs",
        lp_diphone="it", suo_fi_lj_diphone="fi", hindi_NSK_diphone="hi", telugu_NSK_diphone="te",
    ),
    *_festival("dev", ked_diphone="en", czech_ph="cs"),
    *_festival("test", czech_dita="cs", pc_diphone="it", hy_fi_mv_diphone="fi", upc_ca_ona_hts="ca"),
    *_espeak(
        "train", "en-us+m1", "en-us+f1", "en-gb+m2", "en-us+croak", "en-gb+f2", "de+m3", "de+klatt2", "fr+f1",
        "es+m4", "es+f2", "pl+m1", "it+klatt", "pt+m3", "fr+whisper", "en-us+Andy", "en-gb+linda", "ro+Mike",
    ),
    *_espeak("dev", "en-us+m5", "en-gb+f3", "nl+klatt3", "sv+f3", "sv+anika"),
    *_espeak("test", "en-gb+m7", "en-us+f5", "da+m6", "hu+f4", "tr+m8", "sw+klatt4", "en-us+steph", "en-gb+travis"),
    *_volunteers("train", "ca da de fr lt uk es it nl pt sv sr"),
    *_volunteers("dev", "gl sl ga"),
    *_volunteers("test", "en el ru wa fi nds ro"),
]


def trimmed(samples: np.ndarray) -> np.ndarray:
    """The utterance without silence around it and with no long pause within, at -23 dB when active."""
    flags = active(samples, below=36)
    parts = runs(flags)
    if not parts:
        return samples[:0]
    pieces = []
    for index, (start, end) in enumerate(parts):
        if index > 0:
            pause = samples[parts[index - 1][1] * HOP : start * HOP]
            pieces.append(pause if len(pause) <= 0.6 * RATE else _shortened(pause))
        pieces.append(samples[start * HOP : end * HOP])
    joined = np.concatenate(pieces).astype(np.float32)
    edge = np.linspace(0, 1, HOP // 2, dtype=np.float32)
    joined[: HOP // 2] *= edge
    joined[-(HOP // 2) :] *= edge[::-1]
    return joined * np.float32(gain(-23 - active_level(joined)))


def _shortened(pause: np.ndarray) -> np.ndarray:
    half = PAUSE_LEFT // 2
    fade = np.linspace(1, 0, half, dtype=np.float32)
    return pause[:half] * fade + pause[-half:] * fade[::-1]


def _decoded(path: Path, *before: str) -> np.ndarray:
    command = ["ffmpeg", "-v", "error", *before, "-i", str(path), "-f", "s16le", "-ac", "1", "-ar", str(RATE), "-"]
    data = subprocess.run(command, check=True, capture_output=True).stdout
    return np.frombuffer(data, "<i2").astype(np.float32) / 32768


def _asterisk(part: str) -> list[np.ndarray]:
    """The studio voice. Which prompts are held out is decided by their names."""
    found = []
    for path in sorted(PROMPTS.rglob("*.g722")):
        name = path.stem
        # Other folders than English are what others measure us on.
        if not path.parent.relative_to(PROMPTS).parts[0].startswith("en"):
            continue
        if "silence" in path.parts or name.startswith(("beep", "ascending", "descending", "confbridge-")):
            continue
        held = zlib.crc32(name.encode()) % 5 == 0
        if held == (part == "held"):
            found.append(path)
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(lambda path: _decoded(path, "-f", "g722"), found))


def _without_room(samples: np.ndarray) -> np.ndarray:
    """A home recording with silence where only its room is heard, so that the room is not taken for speech."""
    levels = frame_levels(samples)
    heard = levels[levels > -100]
    if len(heard) < 20:
        return samples
    loud = np.mean(np.sort(heard)[-max(5, len(heard) // 5) :])
    threshold = min(loud - 14, max(loud - 34, np.percentile(heard, 10) + 9))
    flags = levels > threshold
    # Consonants are weak: keep what is beside the voice, drop lone ticks.
    for start, end in runs(flags):
        if end - start < 4:
            flags[start:end] = False
    kept = np.convolve(flags, np.ones(7), "same") > 0
    curve = np.convolve(np.repeat(kept, HOP), np.ones(HOP) / HOP, "same")
    return (samples[: len(curve)] * curve).astype(np.float32)


def _volunteer(language: str) -> list[np.ndarray]:
    """Words that volunteers spoke for a children's game, joined to phrases."""
    files = sorted([*(WORDS / language).glob("*.ogg"), *(WORDS / language).glob("*.wav")])
    words = [trimmed(_without_room(_decoded(path))) for path in files]
    words = [word for word in words if len(word) > 0.15 * RATE]
    rng = np.random.default_rng(zlib.crc32(language.encode()))
    phrases = []
    for _ in range(4):
        order = rng.permutation(len(words)).tolist()
        while order:
            count = int(rng.integers(1, 6))
            taken, order = order[:count], order[count:]
            parts = []
            for index in taken:
                parts += [words[index], np.zeros(int(rng.uniform(0.04, 0.3) * RATE), np.float32)]
            phrases.append(np.concatenate(parts[:-1]))
    return phrases


def _synthesised(voice: Voice, work: Path) -> list[np.ndarray]:
    """Has a synthesiser say its sentences, with a pitch and a rate of their own each."""
    seed = zlib.crc32(voice.name.encode())
    texts = sentences.sentences(voice.language, seed, short=60, long=16)
    rng = np.random.default_rng(seed + 1)
    paths = [work / f"{index}.wav" for index in range(len(texts))]
    if voice.maker == "festival":
        _festival_says(voice, list(zip(texts, paths)), rng, work / "say.scm")
    for text, path in zip(texts, paths):
        if voice.maker == "flite":
            options = ["--setf", f"duration_stretch={rng.uniform(0.85, 1.2):.2f}"]
            subprocess.run(["flite", "-voice", voice.option, *options, "-t", text, "-o", str(path)], check=True)
        elif voice.maker == "espeak":
            options = ["-p", str(rng.integers(25, 75)), "-s", str(rng.integers(130, 200))]
            subprocess.run(["espeak-ng", "-v", voice.option, *options, "-w", str(path), text], check=True)
    return [_at_rate(path) for path in paths if path.exists() and path.stat().st_size > 2000]


def _festival_says(voice: Voice, said: list[tuple[str, Path]], rng: np.random.Generator, script: Path) -> None:
    """One run for all, because loading a voice takes longer than a sentence."""
    lines = [f"(voice_{voice.option})", "(define (spoken text) (utt.synth (eval (list 'Utterance 'Text text))))"]
    for text, path in said:
        words = text.replace('"', "")
        lines.append(f"(Parameter.set 'Duration_Stretch {rng.uniform(0.85, 1.2):.2f})")
        # A diphone that is missing is one sentence less, not the end.
        lines.append(f'(unwind-protect (utt.save.wave (spoken "{words}") "{path}" \'riff))')
    encoding = "utf-8" if voice.language in ("hi", "te") else "iso-8859-1"
    script.write_text("\n".join(lines), encoding=encoding, errors="replace")
    subprocess.run(["festival", "-b", str(script)], capture_output=True, check=False)


def _at_rate(path: Path) -> np.ndarray:
    with wave.open(str(path), "rb") as file:
        rate = file.getframerate()
    samples = read_wave(path)
    return samples if rate == RATE else resample_poly(samples, RATE // 50, rate // 50).astype(np.float32)


def voice_file(name: str) -> Path:
    return folder() / "material" / "voices" / f"{name}.npz"


def make_voice(voice: Voice) -> None:
    path = voice_file(voice.name)
    if path.exists():
        return
    if voice.maker == "asterisk":
        raw = _asterisk(voice.option)
    elif voice.maker == "volunteer":
        raw = _volunteer(voice.option)
    else:
        with tempfile.TemporaryDirectory() as work:
            raw = _synthesised(voice, Path(work))
    utterances = [cut for cut in map(trimmed, raw) if len(cut) > 0.25 * RATE]
    total = sum(map(len, utterances)) / RATE
    print(f"{voice.split:5} {voice.name:34} {len(utterances):4} utterances {total:6.0f} s", flush=True)
    if total < 5:
        # Fewer voices would be other scenes under the same names.
        raise SystemExit(f"{voice.name} said next to nothing; tools/setup hearing installs what it needs")
    path.parent.mkdir(parents=True, exist_ok=True)
    samples = np.concatenate([np.clip(np.rint(cut * 32768), -32768, 32767).astype(np.int16) for cut in utterances])
    half_made = path.with_suffix(".new.npz")
    np.savez(half_made, samples=samples, ends=np.cumsum([len(cut) for cut in utterances]))
    half_made.rename(path)


def make(split: str | None = None) -> None:
    """Makes the missing voices of a split, or of all."""
    for voice in VOICES:
        if split in (None, voice.split):
            make_voice(voice)


if __name__ == "__main__":
    make(sys.argv[1] if len(sys.argv) > 1 else None)
