"""The demo's scripted conversation: the daemon under test, the real agent, a visitor in a room."""

import json
import os
import unittest
import wave
import xml.etree.ElementTree

from programs import PATIENCE, BlackBoxTest, host_program

# The conversation itself takes about a minute.
CONVERSATION_SECONDS = 180 * PATIENCE


def agent_is_built():
    return os.access(os.environ.get("AURICLE_AGENT", ""), os.X_OK)


@unittest.skipUnless(agent_is_built(), "NO CONVERSATION WAS TESTED: auricle-agent is not built")
class TheScriptedConversation(BlackBoxTest):
    def test_it_goes_as_scripted_and_leaves_figures_sound_and_picture(self):
        emulator = os.environ.get("AURICLE_RUN", "")
        out, report = self.bench.folder / "out", self.bench.folder / "report.json"
        wrapper = ["--daemon-wrapper", emulator] if emulator else []
        demo = self.bench.start(
            [host_program("AURICLE_DEMO"), "--daemon", host_program("AURICLE_DAEMON"), *wrapper,
             "--agent", host_program("AURICLE_AGENT"), "--card", "room", "--once",
             "--seconds", int(CONVERSATION_SECONDS), "--report", report, "--out", out], "demo")
        code = demo.finish(CONVERSATION_SECONDS + 60)
        logs = "".join(
            f"\n-- {path.name}\n{path.read_text()}" for path in sorted(out.glob("*.log")))
        self.assertEqual(code, 0, demo.output + logs)
        figures = json.loads(report.read_text())
        self.assertEqual(figures["problems"], [], logs)
        self.check_figures(figures, is_emulated=bool(emulator))
        self.check_sound(out / "conversation.wav")
        picture = xml.etree.ElementTree.parse(out / "timeline.svg").getroot()
        self.assertTrue(picture.tag.endswith("svg"))
        self.check_logs(out)
        # The daemon's own ends are taken away with it.
        self.assertFalse((out / "control.sock").exists())

    def check_figures(self, figures, is_emulated):
        self.assertEqual((figures["turns"], figures["interrupts"]), (5, 1), figures)
        self.assertTrue(0 <= figures["mute_ms"] <= 1_500, figures)
        self.assertTrue(250 <= figures["answer_ms"] <= 5_000 * PATIENCE, figures)
        self.assertGreater(figures["bytes_up_continuous"], 500_000)
        # An emulator does not know what the kernel counts.
        if not is_emulated:
            share = 100 * figures["bytes_up"] / figures["bytes_up_continuous"]
            self.assertTrue(0 < share <= 3, f"{share:.2f} % of streaming everything")

    def check_sound(self, path):
        with wave.open(str(path)) as sound:
            self.assertEqual((sound.getnchannels(), sound.getsampwidth()), (2, 2))
            self.assertGreater(sound.getnframes() / sound.getframerate(), 20)
            samples = memoryview(sound.readframes(sound.getnframes())).cast("h")
        for channel in (0, 1):
            self.assertGreater(max(samples[channel::2]), 1_000)

    def check_logs(self, out):
        """What people said is nobody's business who reads the logs."""
        for path in out.glob("daemon*.log"):
            text = path.read_text().lower()
            for word in ("opening hours", "toilets", "goodbye"):
                self.assertNotIn(word, text, path.name)


if __name__ == "__main__":
    unittest.main()
