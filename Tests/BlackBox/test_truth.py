"""What `auricle check` measures is so: delays and clocks of the sound lab, which are known exactly."""

import time
import unittest

import cards
from check_stage import DIRECT_MS, Board
from together import Together

# What resolves it and what is aimed at, in milliseconds and millionths.
MOST_DELAY_ERROR, MOST_DRIFT_ERROR = 2, 10
CLOCKS = (-190, -73, -11, 0, 28, 120, 195)
STEP_MS = 37.25
# What is handed over at a time, and how much later what plays it lets it out (Slewer.delay).
FRAME_MS, SLEW_MS = 10, 12 / 16
# A second of it: each frame of ten milliseconds is seen many times.
SAMPLES, MOST_TRIES = 1_000, 4


@unittest.skipUnless(cards.has_lab(), "gcc is missing, or an emulator runs the programs")
class Truth(Together):
    errors = {"delay": [], "step": [], "drift": []}

    def measure(self, board):
        measured = board.check().measured
        self.assertIn("drift_ppm", measured, measured)
        return measured["delay_ms"], measured["drift_ppm"]

    def true_delay(self, board):
        """From handing a frame over to hearing it, by the lab's own word: what the program had written of it, how much
        later the loudspeaker's frames began than the microphone's, and the way through the air."""
        page, ahead = board.phone.page, []
        for _ in range(SAMPLES):
            ahead.append(page["playback_place"] - page["capture_place"])
            time.sleep(0.001)
        later = (board.phone.played().time_of(0) - board.phone.heard().time_of(0)) / 1e6
        # It is so far ahead once a frame that was heard is answered; what is written then begins a frame before it.
        return DIRECT_MS + max(ahead) / 16 - FRAME_MS + SLEW_MS + later

    def check_delay(self, board):
        """A queue that had to begin anew meanwhile is another one."""
        for _ in range(MOST_TRIES):
            before, (delay, drift), after = self.true_delay(board), self.measure(board), self.true_delay(board)
            if abs(before - after) < 0.1:
                break
        self.errors["delay"].append(abs(delay - before))
        self.assertLess(abs(delay - before), MOST_DELAY_ERROR, f"{delay} ms instead of {before}")
        return delay, drift

    def judge(self, stage, ppm):
        board = Board(stage)
        board.plug().set_ppm(0, playback=ppm)
        if ppm == 0:
            board.start()
        # With clocks that differ it is another one in every moment.
        measure = self.check_delay if ppm == 0 else self.measure
        before, first = measure(board)
        board.phone.page["echo_delay"] = round(STEP_MS * 1e6)
        after, second = self.measure(board)
        for drift in (first, second):
            self.errors["drift"].append(abs(drift - ppm))
            self.assertLess(abs(drift - ppm), MOST_DRIFT_ERROR, f"{drift} ppm instead of {ppm}")
        # Between the two the card's own queue stays as it is, where its clocks agree.
        if ppm == 0:
            self.errors["step"].append(abs(after - before - STEP_MS))
            self.assertLess(self.errors["step"][-1], MOST_DELAY_ERROR, f"{before} to {after} ms")

    @classmethod
    def tearDownClass(cls):
        super().tearDownClass()
        for what, unit in (("delay", "ms"), ("step", "ms"), ("drift", "ppm")):
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
