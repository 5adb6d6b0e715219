"""Cards that stumble, sleep, stick, lie about their pace or go in the middle: heard again, each time."""

import errno
import statistics
import time
import unittest

import cards
from card_stage import CardStage
from following import is_event
from programs import PATIENCE
from together import Together

# From trouble to a fault that says so, and from its end to sound. What is lost again and again is tried
# every two seconds at last.
NOTICED_SECONDS, AGAIN_SECONDS = 5, 5


def has(name, half, **fields):
    return is_event(name, half=half, **fields)


def usual_pitch(samples, rate):
    """Of a tone, by the middle one of its periods: that it stops for a moment, a busy machine may do."""
    rises = [index - samples[index] / (samples[index] - samples[index - 1])
             for index in range(1, len(samples)) if samples[index - 1] < 0 <= samples[index]]
    return rate / statistics.median(after - before for before, after in zip(rises, rises[1:]))


@unittest.skipUnless(cards.has_lab(), "gcc is missing, or an emulator runs the programs")
class CardTrouble(Together):
    def begin(self, stage, **shape):
        here = CardStage(stage, playback=shape.pop("playback", {"channels": 2}),
                         capture=shape.pop("capture", {"channels": 1}), **shape)
        here.card.hears(here.card, delay_ms=5, gain=-30)
        here.start()
        here.await_idle()
        return here

    def converse(self, here, turn=1):
        here.check_heard(here.converse(turn))

    def check_clock(self, here, seconds):
        """The sample clock goes on, whatever the card does."""
        begin, frames = time.monotonic(), int(here.bench.status()["frames"])
        time.sleep(seconds)  # What is tested is what happens meanwhile.
        passed = int(here.bench.status()["frames"]) - frames
        wanted = (time.monotonic() - begin) * 100
        # A card that gives nothing is given up after a fifth of a second; a busy machine adds to it.
        self.assertGreater(passed, wanted - 50 * PATIENCE)

    def lost(self, here, half, after, reason):
        failed = here.follower.await_(
            has("sound", half, phase="failed"), f"{half} lost", NOTICED_SECONDS * PATIENCE, after)
        self.assertRegex(failed.event["reason"], reason)
        self.assertNotEqual(failed.event["advice"], "")
        return here.follower.seen.index(failed)

    def back(self, here, half, after, turn=1):
        here.follower.await_(
            has("sound", half, phase="opened"), f"{half} back", AGAIN_SECONDS * PATIENCE, after)
        here.await_idle(after)
        self.converse(here, turn)
        self.assertEqual(here.bench.status()["fault"], "")

    # Stumbles.

    def play_a_microphone_that_stumbles_a_dozen_times_goes_on(self, stage):
        here = self.begin(stage)
        here.card.fail("read", errno.EPIPE, times=12)
        self.converse(here)
        self.assertGreaterEqual(int(stage.bench.status()["overruns"]), 12)
        self.assertIsNone(here.follower.find(is_event("sound", phase="failed")))

    def play_one_that_does_nothing_but_stumble_is_a_fault_until_it_stops(self, stage):
        here = self.begin(stage)
        after = here.follower.mark()
        here.card.fail("read", errno.EPIPE)
        after = self.lost(here, "microphone", after, "stumbles|no sound")
        self.check_clock(here, 1.5)
        here.card.fail("read", 0, times=0)
        self.back(here, "microphone", after)

    def play_a_loudspeaker_that_stumbles_fifty_times_speaks_again(self, stage):
        here = self.begin(stage)
        here.card.fail("write", errno.EPIPE, times=50)
        self.converse(here)
        here.check_spoken()

    def play_a_loudspeaker_that_does_nothing_but_stumble_is_a_fault_until_it_stops(self, stage):
        here = self.begin(stage)
        after = here.follower.mark()
        here.card.fail("write", errno.EPIPE)
        after = self.lost(here, "loudspeaker", after, "takes no sound")
        self.check_clock(here, 1.5)
        here.card.fail("write", 0, times=0)
        self.back(here, "loudspeaker", after)

    def play_a_loudspeaker_that_runs_dry_begins_with_its_cushion(self, stage):
        here = self.begin(stage)
        before = here.card.page["playback_xruns"]
        stage.program.send(19)
        time.sleep(0.6)  # What is tested is this very pause.
        stage.program.send(18)
        self.converse(here)
        self.assertGreater(here.card.page["playback_xruns"], before)
        # What comes after the one is not another and another.
        self.assertLess(here.card.page["playback_xruns"], before + 10)

    # Sleep.

    def play_a_suspend_that_ends_with_resume(self, stage):
        can = ("mmap", "pause", "resume")
        here = self.begin(stage, playback={"channels": 2, "can": can}, capture={"channels": 1, "can": can})
        for turn in (1, 2):
            here.card.suspend()
            self.converse(here, turn)
        self.assertIsNone(here.follower.find(is_event("sound", phase="failed")))

    def play_a_suspend_from_which_the_card_must_be_set_up_anew(self, stage):
        here = self.begin(stage)
        for turn in (1, 2):
            here.card.suspend()
            self.converse(here, turn)
        self.assertIsNone(here.follower.find(is_event("sound", phase="failed")))

    # Gone.

    def play_a_card_that_goes_in_the_middle_of_a_read_without_news_of_it(self, stage):
        here = self.begin(stage)
        for turn in (1, 2):
            after = here.follower.mark()
            here.card.fail("read", errno.ENODEV, times=1)
            after = self.lost(here, "microphone", after, "gone")
            begin = here.follower.seen[after].when
            back = here.follower.await_(has("sound", "microphone", phase="opened"), "back", after=after)
            # Nobody tells that it is there: it is tried.
            self.assertLess(back.when - begin, 0.8 * PATIENCE)
            here.await_idle(after)
            self.converse(here, turn)

    def play_a_microphone_that_stands_still_without_an_error(self, stage):
        here = self.begin(stage)
        after = here.follower.mark()
        here.card.stick(capture=True, playback=False)
        after = self.lost(here, "microphone", after, "no sound")
        self.assertRegex(stage.bench.status()["fault"], "no sound.*plug")
        self.check_clock(here, 1.5)
        here.card.stick(False, False)
        self.back(here, "microphone", after)

    def play_a_loudspeaker_that_stands_still_without_an_error(self, stage):
        here = self.begin(stage)
        after = here.follower.mark()
        here.card.stick(capture=False, playback=True)
        after = self.lost(here, "loudspeaker", after, "takes no sound")
        self.check_clock(here, 1.5)
        here.card.stick(False, False)
        self.back(here, "loudspeaker", after)

    # Another pace than it claims.

    def pace(self, stage, half, claimed, real):
        here = self.begin(stage, playback={"rates": [claimed], "channels": 2},
                          capture={"rates": [claimed], "channels": 1})
        after = here.follower.mark()
        hears, speaks = (real, 0) if half == "microphone" else (0, real)
        begin = time.monotonic()
        here.card.set_rate(hears, playback=speaks)
        wrong = here.follower.await_(has("sound", half, phase="failed"), "wrong pace", 15 * PATIENCE, after)
        print(f"the {half}'s wrong rate is known after {time.monotonic() - begin:.1f} s", flush=True)
        self.assertRegex(wrong.event["reason"], f"says .* and runs at {real / 1000:g} kHz")
        self.assertNotEqual(wrong.event["advice"], "")
        after = here.follower.seen.index(wrong)
        here.follower.await_(has("sound", half, phase="opened"), "back", AGAIN_SECONDS * PATIENCE, after)
        self.assertEqual(stage.bench.status()["fault"], "")
        self.assertIn(f"{real / 1000:g} kHz in truth", stage.bench.status()[half])
        return here

    def play_a_microphone_whose_rate_is_another_than_it_says(self, stage):
        here = self.pace(stage, "microphone", 48_000, 44_100)
        self.converse(here)

    def play_a_rate_that_one_card_lied_about_is_not_believed_of_the_next_with_its_number(self, stage):
        shape = {"playback": {"rates": [48_000], "channels": 2}, "capture": {"rates": [48_000], "channels": 1}}
        here = self.pace(stage, "microphone", 48_000, 44_100)
        number, after = here.card.number, here.follower.mark()
        honest = here.lab.add(
            id=here.card.id, usb="1-1.4", vendor="0d8c", product="0014", plugged=False, **shape)
        here.card.unplug()
        after = self.lost(here, "microphone", after, "gone")
        honest.plug(number)
        here.follower.await_(
            has("sound", "microphone", phase="opened"), "another card", AGAIN_SECONDS * PATIENCE, after)
        self.assertNotIn("in truth", stage.bench.status()["microphone"])

    def play_a_loudspeaker_whose_rate_is_another_than_it_says(self, stage):
        here = self.pace(stage, "loudspeaker", 48_000, 44_100)
        self.converse(here)
        # In the air it is the tone that was sent.
        hertz = usual_pitch(here.card.played().channel(), 44_100)
        self.assertLess(abs(hertz - 440), 4.4)


@unittest.skipUnless(cards.has_lab(), "gcc is missing, or an emulator runs the programs")
class ReferenceChannel(Together):
    def start(self, stage, ears):
        here = CardStage(stage, playback={"channels": 2}, capture={"channels": 2, "ears": ears})
        here.card.hears(here.card, delay_ms=5, gain=-12)
        here.start(alsa={"reference_channel": 2})
        here.await_idle()
        return here

    def play_what_the_card_returns_is_the_cancellers_reference(self, stage):
        here = self.start(stage, ["room", "loopback"])
        for turn in (1, 2):
            here.check_heard(here.converse(turn))
        self.assertEqual(stage.bench.status()["interrupts"], "0")

    def play_a_person_in_it_is_taken_for_the_loudspeaker(self, stage):
        # Nobody would wire it so; but then it is what is taken out, which proves that it is used.
        here = self.start(stage, ["room", "room"])
        _, end = here.lab.say(stage.bench.voice("what are your opening hours"))
        here.follower.await_time(here.follower.at_ms + 5_000)
        self.assertEqual(stage.bench.status()["turns"], "0")


if __name__ == "__main__":
    unittest.main()
