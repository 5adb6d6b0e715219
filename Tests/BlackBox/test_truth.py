"""What `auricle check` measures is so: delays and clocks of the sound lab, which are known exactly."""

import unittest

import cards
from check_stage import Board
from together import Together

# What resolves it and what is aimed at, in milliseconds and millionths.
MOST_DELAY_ERROR, MOST_DRIFT_ERROR = 2, 10
CLOCKS = (-190, -73, -11, 0, 28, 120, 195)
STEP_MS = 37.25


@unittest.skipUnless(cards.has_lab(), "gcc is missing, or an emulator runs the programs")
class Truth(Together):
    errors = {"delay": [], "drift": []}

    def measure(self, board):
        measured = board.check().measured
        self.assertIn("drift_ppm", measured, measured)
        return measured["delay_ms"], measured["drift_ppm"]

    def judge(self, stage, ppm):
        board = Board(stage)
        board.plug().set_ppm(0, playback=ppm)
        before, first = self.measure(board)
        board.phone.page["echo_delay"] = round(STEP_MS * 1e6)
        after, second = self.measure(board)
        for drift in (first, second):
            self.errors["drift"].append(abs(drift - ppm))
            self.assertLess(abs(drift - ppm), MOST_DRIFT_ERROR, f"{drift} ppm instead of {ppm}")
        # Between the two the card's own queue stays as it is, where its clocks agree.
        if ppm == 0:
            self.errors["delay"].append(abs(after - before - STEP_MS))
            self.assertLess(self.errors["delay"][-1], MOST_DELAY_ERROR, f"{before} to {after} ms")

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        for what, unit in (("delay", "ms"), ("drift", "ppm")):
            if errors := cls.errors[what]:
                print(f"check: {what} is off by {max(errors):.3f} {unit} at most, in {len(errors)}", flush=True)


def play(ppm):
    return lambda self, stage: self.judge(stage, ppm)


for ppm in CLOCKS:
    name = f"clocks_that_differ_by_{'minus_' if ppm < 0 else ''}{abs(ppm)}_ppm"
    setattr(Truth, "play_" + name, play(ppm))
    setattr(Truth, "test_" + name, Truth._test("play_" + name))


if __name__ == "__main__":
    unittest.main()
