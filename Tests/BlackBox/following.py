"""Follows a daemon's events in a thread of its own, with the moment at which each one came."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Callable

from programs import SECONDS, Bench, Gone

Event = dict[str, str]


@dataclass
class Seen:
    """An event, and when it reached us on the clock of time.monotonic()."""

    when: float
    event: Event

    @property
    def at_ms(self) -> int:
        """By the daemon's own clock, which counts samples."""
        return int(self.event["at_ms"])


class Follower:
    def __init__(self, bench: Bench) -> None:
        # With the levels, which come ten times a second, come the daemon's own time.
        self.watch = bench.watch(levels=True)
        self.at_ms = 0
        self.seen: list[Seen] = []
        self.has_ended = False
        self._news = threading.Condition()
        threading.Thread(target=self._follow, daemon=True).start()

    def _follow(self) -> None:
        while True:
            try:
                event = self.watch.block(3_600)
            except (Gone, OSError, ValueError):
                event = None
            with self._news:
                if event is None:
                    self.has_ended = True
                elif event.get("event") == "level":
                    self.at_ms = int(event["at_ms"])
                elif event.get("event") != "stats":
                    self.seen.append(Seen(time.monotonic(), event))
                self._news.notify_all()
            if event is None:
                return

    def mark(self) -> int:
        """How many there are so far: a place to look from."""
        return len(self.seen)

    def find(self, wanted: Callable[[Event], object], after: int = 0) -> Seen | None:
        return next((seen for seen in self.seen[after:] if wanted(seen.event)), None)

    def await_(self, wanted: Callable[[Event], object], what: str, seconds: float = SECONDS,
               after: int = 0) -> Seen:
        """The first event from the `after`th on that is wanted."""
        deadline, place = time.monotonic() + seconds, after
        with self._news:
            while True:
                while place < len(self.seen):
                    if wanted(self.seen[place].event):
                        return self.seen[place]
                    place += 1
                left = deadline - time.monotonic()
                if left <= 0 or self.has_ended:
                    raise Gone(f"no {what} within {seconds:.0f} s; the last events were\n" +
                               "\n".join(str(seen.event) for seen in self.seen[-15:]))
                self._news.wait(left)

    def await_ready(self, seconds: float = SECONDS) -> None:
        """Until the daemon has its agent; perhaps it already had when we began to follow."""
        away = ("offline", "connecting", "fault")
        self.await_(
            lambda event: is_event("link", phase="open")(event)
            or event.get("event") == "state" and event["state"] not in away, "welcome", seconds)

    def await_time(self, at_ms: int, seconds: float = 4 * SECONDS) -> None:
        """Until the daemon's own clock, which counts samples, is there."""
        with self._news:
            if not self._news.wait_for(lambda: self.at_ms >= at_ms or self.has_ended, seconds):
                raise Gone(f"the daemon's time stands at {self.at_ms} ms, not {at_ms} ms")


def is_event(name: str, **fields: object) -> Callable[[Event], bool]:
    """Whether an event has this name and these fields."""
    return lambda event: event.get("event") == name and all(
        event.get(key) == str(value) for key, value in fields.items())
