"""Conversations while the loudspeaker's clock is not the microphone's; tools/soak has days of them."""

import unittest

import soaking


class Drift(unittest.TestCase):
    def test_the_echo_is_followed_and_found_again_after_each_jump(self):
        # Runs dry after a minute, and every minute from then on.
        figures = dict(soaking.run(hours=0.07, ppm=300))
        said = "\n".join(f"{name} {value}" for name, value in figures.items())
        self.assertGreater(figures["alignment_looks"], 50, said)
        self.assertLess(figures["alignment_median_ms"], 0.5, said)
        self.assertLess(figures["alignment_worst_ms"], soaking.FOUND_MS, said)
        self.assertAlmostEqual(figures["drift_found_ppm"], 300, delta=3, msg=said)
        self.assertGreater(figures["xruns"], 1, said)
        self.assertEqual(
            (figures["xruns_not_recovered"], figures["descriptors_grown"], figures["dropped_frames"]), (0, 0, 0), said)


if __name__ == "__main__":
    unittest.main()
