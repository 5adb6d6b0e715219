"""A stage whose sound is cards of the sound lab: plays of it run several at once (together.py)."""

from __future__ import annotations

import cards
import likeness
import opus
from following import Follower, is_event
from together import Stage

USB = {"id": "Device", "usb": "1-1.2", "vendor": "2886", "product": "0018", "serial": "0042", "maker": "Seeed"}
WORDS = "what are your opening hours"


class CardStage:
    """The daemon on cards; an agent answers each turn with a tone of 440 Hz."""

    def __init__(self, stage: Stage, **card) -> None:
        self.stage, self.bench = stage, stage.bench
        self.lab = cards.Lab(self.bench)
        self.card = self.lab.add(**{**USB, **card}) if card else None

    def start(self, answers=None, **sections) -> Follower:
        self.agent = self.stage.native_agent(answers=answers)
        sections["sound"] = {"card": "alsa"}
        sections["alsa"] = {"microphone": "hw:CARD=Device", "loudspeaker": "hw:CARD=Device", **sections.get("alsa", {})}
        # The visitor's own sounds are all that is to be heard.
        sections["speaker"] = {"cue_level": 0, "volume": 100, **sections.get("speaker", {})}
        self.stage.program = self.bench.daemon(
            self.bench.usual(self.agent.port, **sections), environment=self.lab.environment)
        self.stage.follower = self.follower = Follower(self.bench)
        return self.follower

    def await_idle(self, after: int = 0) -> None:
        self.follower.await_(is_event("state", state="idle"), "idle", after=after)

    def converse(self, turn: int = 1):
        """Somebody speaks and is answered; the turn, and the events of it."""
        after = self.follower.mark()
        self.lab.say(self.bench.voice(WORDS))
        committed = self.agent.await_turn(turn)
        for phase in ("first_sound", "drained"):
            self.follower.await_(is_event("reply", phase=phase), phase, after=after)
        self.await_idle(after)
        return committed

    def check_heard(self, turn) -> None:
        """What came to the agent is what was said, at its own speed."""
        said = likeness.spoken(self.bench.voice(WORDS))
        heard = likeness.levels(opus.decode(packet for _, _, packet in turn.packets))
        # How much of the pre-roll was silence, only the sound itself can tell.
        missing = min(likeness.muted_ms(said, heard, begins) for begins in range(0, turn.pre_roll_ms + 400, 200))
        assert missing <= 100, f"{missing} ms of what was said did not come to the agent"
        assert max(heard) > 40, f"it came with {max(heard):.0f} dB"

    def check_spoken(self, hertz: float = 440, channel: int = 0, silent=()) -> None:
        """What came out of the loudspeaker is the tone, at its own pitch; other channels are silent."""
        played = self.card.played()
        samples = played.channel(channel)
        pitch, loudest = pitch_of(samples, played.rate)
        assert abs(pitch - hertz) < hertz / 100, f"{pitch:.1f} Hz came out of the loudspeaker"
        assert 4_000 < loudest < 20_000, f"it was {loudest} loud"
        for other in silent:
            assert not any(played.channel(other)), f"channel {other} is not silent"


def pitch_of(samples, rate) -> tuple[float, int]:
    """Of a tone with silence around it: by the zeros it passes upwards in its middle."""
    loudest = max(map(abs, samples), default=0)
    loud = [index for index, sample in enumerate(samples) if abs(sample) > loudest / 2]
    assert loud, "nothing came out of the loudspeaker"
    margin = (loud[-1] - loud[0]) // 8
    first, last = loud[0] + margin, loud[-1] - margin
    # Between two samples the line from one to the other says where it was zero.
    zeros = [index - samples[index] / (samples[index] - samples[index - 1])
             for index in range(first, last) if samples[index - 1] < 0 <= samples[index]]
    assert len(zeros) > 10, "no tone came out of the loudspeaker"
    return rate * (len(zeros) - 1) / (zeros[-1] - zeros[0]), loudest
