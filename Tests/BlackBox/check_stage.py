"""A device to plant faults in: the daemon on cards of the sound lab, with an agent that answers."""

import threading

import cards
import checking
from checking import GOOD, Findings
from following import Follower, is_event
from programs import free_port
from together import Stage

PHONE = {"id": "Device", "name": "Speak 510", "maker": "Jabra", "usb": "1-1.2", "vendor": "0b0e",
         "product": "0420", "serial": "A1"}
SHAPE = {"rates": [16_000], "channels": 1}
# The direct sound, and what a small room adds to it: milliseconds and decibels.
DIRECT_MS, DIRECT_DB = 20.0, -22.0
WALLS = ((7.3, -8), (13.1, -11), (21.7, -15), (34.9, -20), (48.3, -26))
# A machine that is busy stumbles, and says so: then it is measured again.
MOST_TRIES = 4
# They measure in real time, whoever else plays at the same time.
MEASURING = threading.BoundedSemaphore(4)


class Board:
    """Started at the latest by the first `check`, so that a fault can be there from the beginning."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.bench = stage, stage.bench
        self.lab = cards.Lab(self.bench)
        self.capture, self.mixer = dict(SHAPE), []
        self.settings = {"sound": {"card": "alsa"}, "alsa": {}, "speaker": {"volume": 80}}
        self.environment = self.lab.environment
        self.certificate = None
        self.options = []
        self.port = None
        self.network = None
        self.phone = None
        self.follower = None

    def plug(self, number=1, **changes):
        """The speakerphone, which hears itself in a room."""
        self.phone = self.lab.add(
            number=number, **{**PHONE, **changes}, playback=dict(SHAPE), capture=self.capture,
            mixer=self.mixer)
        self.hear(self.phone)
        return self.phone

    def hear(self, card):
        for delay, gain in ((0, 0), *WALLS):
            card.hears(card, delay_ms=DIRECT_MS + delay, gain=DIRECT_DB + gain)
        card.page["log_off"] = 1

    def start(self, connected=True):
        if not self.phone:
            self.plug()
        if self.port is None:
            certificate = self.certificate or self.bench.certificates.server(days=90)
            self.port = self.bench.agent(certificate=certificate, options=["--echo", *self.options]).port
        self.config = self.bench.settings(self.bench.usual(self.port, **self.settings))
        self.stage.program = self.bench.daemon(
            self.config, environment=self.environment, within=self.network)
        self.follower = Follower(self.bench)
        if connected:
            self.await_("state", state="idle")

    def without_agent(self, port=None):
        """Starts without ever getting through to one."""
        if port:
            self.port = port
        self.start(connected=False)
        self.await_("link", phase="closed")

    def nobody(self):
        self.without_agent(free_port())

    def await_(self, kind, after=0, **wanted):
        return self.follower.await_(is_event(kind, **wanted), f"{kind} {wanted}", after=after)

    def auricle(self, *arguments):
        return checking.auricle(self.bench, *arguments, environment=self.environment)

    def check(self, with_sound=True) -> Findings:
        if not self.follower:
            self.start()
        if not with_sound:
            return self._check("--no-sound")
        for _ in range(MOST_TRIES):
            with MEASURING:
                findings = self._check()
            if "stumbling-card" not in findings.codes.values():
                break
        return findings

    def _check(self, *options):
        done = self.auricle("check", "--json", *options)
        assert done.stdout, f"{done.returncode}: {done.stderr}"
        return Findings(done.returncode, done.stdout)

    def install(self):
        """The technician has left, content."""
        findings = self.check()
        assert (findings.code, findings.codes) == (GOOD, {}), findings
