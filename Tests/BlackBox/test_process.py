"""`auricle process` as it is installed: recordings good, hostile and broken."""

import json
import math
import subprocess
import sys
import xml.dom.minidom
from pathlib import Path

from programs import BlackBoxTest, device_program

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

import scene  # noqa: E402


class Process(BlackBoxTest):
    def process(self, *arguments):
        return self.bench.command("process", *arguments)

    def recordings(self, seconds=10, name=""):
        folder = self.bench.folder / name
        folder.mkdir(exist_ok=True)
        mic, reference = scene.scene(seconds)
        return scene.write(folder / "mic.wav", mic), scene.write(folder / "ref.wav", reference)

    def test_a_recording_gives_sound_events_and_a_picture(self):
        mic, reference = self.recordings()
        clean, events, plot = (self.bench.folder / name for name in ("clean.wav", "events.jsonl", "plot.svg"))
        code, output, errors = self.process(
            "--mic", mic, "--ref", reference, "--out", clean, "--events", events, "--plot", plot)
        self.assertEqual((code, output), (0, ""), errors)
        self.assertEqual(clean.stat().st_size, mic.stat().st_size)
        lines = [json.loads(line) for line in events.read_text().splitlines()]
        self.assertEqual([line["t_ms"] for line in lines], sorted(line["t_ms"] for line in lines))
        frames = [line for line in lines if line["type"] == "frame"]
        self.assertEqual([line["t_ms"] for line in frames], list(range(10, 10_010, 10)))
        self.assertEqual({line["state"] for line in frames}, {"speech", "silence"})
        picture = xml.dom.minidom.parse(str(plot)).documentElement
        self.assertEqual(picture.tagName, "svg")
        # What Embedded Swift cannot print it says in these words.
        for text in (events.read_text(), plot.read_text()):
            self.assertNotIn("cannot print", text)

    def test_hostile_sound_gives_probabilities_and_no_crash(self):
        mic, reference = self.recordings(5)
        for name, sound in scene.hostile_sounds(5).items():
            hostile = scene.write(self.bench.folder / f"{name}.wav", sound)
            for heard, played in ((hostile, reference), (mic, hostile), (hostile, hostile)):
                with self.subTest(sound=name, heard=heard.name, played=played.name):
                    code, output, errors = self.process("--mic", heard, "--ref", played, "--events", "-")
                    self.assertEqual(code, 0, errors)
                    values = [json.loads(line).get("vad", 0) for line in output.splitlines()]
                    self.assertGreaterEqual(len(values), 500)
                    self.assertTrue(all(math.isfinite(value) and 0 <= value <= 1 for value in values))

    def test_a_folder_of_scenes_goes_on_after_a_bad_one(self):
        for name in ("first", "second"):
            self.recordings(3, name)
        (self.bench.folder / "second/ref.wav").write_bytes(b"RIFF")
        code, output, errors = self.process("--batch", self.bench.folder, "--plots")
        self.assertEqual(code, 1)
        self.assertRegex(output, r"(?m)^first +3\.0 ")
        self.assertIn("second/ref.wav: not a WAV file", errors)
        self.assertTrue((self.bench.folder / "first/plot.svg").exists())

    def test_a_reader_that_goes_away_is_a_sentence(self):
        # More than a pipe holds.
        mic = scene.write(self.bench.folder / "long.wav", scene.scene(2)[0] * 60)
        with subprocess.Popen(
                [*device_program("AURICLE_CLI"), "process", "--mic", mic, "--events", "-"],
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as program:
            program.stdout.readline()
            program.stdout.close()
            errors = program.stderr.read()
        self.assertEqual(program.returncode, 1)
        self.assertIn("Broken pipe", errors)

    def test_what_is_no_recording_of_ours_is_a_sentence(self):
        mic, _ = self.recordings(1)
        data = bytearray(mic.read_bytes())
        for place, value, words in (
                (24, (48_000).to_bytes(4, "little"), "48000 Hz with 1 channels; needed is 16000 Hz mono"),
                (34, b"\x18\x00", "24 bits a sample"), (40, b"\x00\x00\x00\x10", "is missing|were|are there")):
            changed = bytearray(data)
            changed[place:place + len(value)] = value
            bad = self.bench.folder / "bad.wav"
            bad.write_bytes(changed)
            code, _, errors = self.process("--mic", bad)
            self.assertEqual(code, 1)
            self.assertRegex(errors, words)
