"""The tools that measure the link do not say all is well where nothing was measured."""

import sys
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

import cutting  # noqa: E402
import link_figures  # noqa: E402
from programs import Gone  # noqa: E402


def a_cut(**changes):
    return cutting.Cut(**{"kind": "reset", "begins": 1, "lasts": 1, "spoken_ms": 9_000,
                          "noticed": 0.01, "ready": 0.4, **changes})


class MeasuringCuts(unittest.TestCase):
    def test_a_talk_that_ends_early_says_so_whatever_the_reason(self):
        for problem in (StopIteration(), IndexError("none"), KeyError("turn"), OSError("gone")):
            with self.subTest(problem), mock.patch.object(cutting.Talk, "_talk", side_effect=problem):
                cuts, problems = cutting.run(2, 2, 1)
                self.assertEqual((cuts, len(problems)), ([], 2))
                self.assertIn(type(problem).__name__, problems[0])

    def check(self, *cuts, count=None):
        arguments = ["link_figures.py", "cuts", "--check", "--cuts", str(count or len(cuts))]
        with mock.patch.object(sys, "argv", arguments), \
                mock.patch.object(link_figures, "print", create=True), \
                mock.patch.object(cutting, "run", return_value=(list(cuts), [])):
            return link_figures.main()

    def test_fewer_cuts_than_were_asked_for_are_a_failure(self):
        with self.assertRaisesRegex(Gone, "0 cuts were made, not 3"):
            self.check(count=3)

    def test_each_promise_has_its_budget(self):
        self.assertEqual(self.check(a_cut()), 0)
        for broken in (
                {"lost_ms": 1}, {"muted_ms": 1}, {"doubled_ms": 1}, {"ready": 3.1}, {"noticed": 5.1},
                {"kind": "silence", "noticed": 5.1}, {"kind": "partition", "noticed": 5.1}):
            with self.subTest(broken):
                self.assertEqual(self.check(a_cut(**broken)), 1)


if __name__ == "__main__":
    unittest.main()
