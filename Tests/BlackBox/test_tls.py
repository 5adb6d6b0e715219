"""Whom the daemon believes: pins, certificates of its own, and a clock that begins in 1970."""

import ssl
import time
import unittest
from datetime import datetime, timezone

from programs import Certificates, false_clock, has_false_clock
from trouble import TroubleTest, behave


def tell_time(connection, number):
    connection.welcome(proto="1.2", server_ms=int(time.time() * 1000))
    connection.listen()


class Pins(TroubleTest):
    def test_a_server_with_the_pinned_key_is_believed(self):
        certificates = self.bench.certificates
        agent = self.fake(behave)
        spare = certificates.pin(certificates.other_authority())
        for pin in (certificates.pin(certificates.folder / "server.pem"), certificates.pin(certificates.authority)):
            watch = self.start(agent.port, agent={"pin": f"{spare} {pin}"})
            watch.await_event("link", phase="open")
            self.assertEqual(self.daemon.stop(), 0)

    def test_a_server_without_it_is_not(self):
        certificates = self.bench.certificates
        agent = self.fake(behave)
        pin = certificates.pin(certificates.other_authority())
        watch = self.start(agent.port, agent={"pin": pin})
        self.check_named(watch, "without the pinned key", "agent.pin")
        self.assertEqual(agent.connections, 0)


class OurOwnCertificate(TroubleTest):
    def agent_that_asks(self):
        agent = self.fake(behave)
        agent.context.verify_mode = ssl.CERT_REQUIRED
        agent.context.load_verify_locations(self.bench.certificates.authority)
        return agent

    def test_it_is_shown_to_an_agent_that_asks(self):
        certificate, key = self.bench.certificates.server("kiosk-7", names="DNS:kiosk-7")
        watch = self.start(
            self.agent_that_asks().port, device={"certificate": certificate, "key": key})
        watch.await_event("link", phase="open")

    def test_an_agent_that_asks_in_vain_is_named(self):
        agent = self.agent_that_asks()
        self.check_named(
            self.start(agent.port), "certificate of this device refused", "device.certificate and device.key")
        self.assertEqual(agent.connections, 0)

    def test_one_that_has_run_out_is_named_and_a_new_one_is_taken(self):
        agent = self.agent_that_asks()
        certificate, key = self.bench.certificates.server("kiosk-7", names="DNS:kiosk-7", days=-1)
        watch = self.start(agent.port, device={"certificate": certificate, "key": key})
        after = 0
        for _ in range(5):
            closed = watch.await_event("link", phase="closed", after=after)
            after = watch.events.index(closed, after) + 1
            self.assertIn("certificate of this device expired", closed["reason"])
            self.assertIn(f"renew {certificate}", closed["advice"])
        # Whatever the TLS library says besides, now and then: one trouble is one line of the log.
        self.assertEqual(self.daemon.output.count("phase=closed"), 1, self.daemon.output)
        self.bench.certificates.server("kiosk-7", names="DNS:kiosk-7")
        watch.await_event("link", phase="open")

    def test_a_key_that_is_not_there_is_named(self):
        certificate, key = self.bench.certificates.server("kiosk-7")
        key.unlink()
        watch = self.start(self.agent_that_asks().port, device={"certificate": certificate, "key": key})
        self.check_named(watch, f"unusable certificate of this device .*{key}", f"device.key {key}")


@unittest.skipUnless(has_false_clock(), "these programs' clock cannot be moved from here")
class AClockThatBeginsIn1970(TroubleTest):
    def clock(self, *date):
        return false_clock(self.bench.folder, datetime(*date, tzinfo=timezone.utc))

    def boot(self, port, **changes):
        return self.start(port, environment=self.clock(1970, 1, 1), **changes)

    def test_certificates_older_than_the_program_are_believed_at_once(self):
        self.bench._certificates = Certificates(self.bench.folder / "old", self.clock(2026, 1, 1))
        agent = self.fake(tell_time, self.bench.certificates.server(days=3650))
        watch = self.boot(agent.port, agent={"ca_file": self.long_authority()})
        watch.await_event("link", phase="open")

    def long_authority(self):
        # The usual one is valid for two days.
        certificates = self.bench.certificates
        certificates._openssl(
            "x509", "-in", certificates.authority, "-signkey", certificates.authority.with_suffix(".key"),
            "-days", 3650, "-out", certificates.folder / "long.pem")
        return certificates.folder / "long.pem"

    def test_newer_ones_are_named_with_the_date_and_tried_for_ever(self):
        agent = self.fake(tell_time)
        self.check_named(
            self.boot(agent.port), "not valid yet by this device's clock", "1970-01-01.*NTP.*agent.pin")
        self.assertEqual(agent.connections, 0)

    def test_a_pin_lets_the_agent_say_what_time_it_is_and_that_is_remembered(self):
        agent = self.fake(tell_time)
        certificates = self.bench.certificates
        watch = self.boot(agent.port, agent={"pin": certificates.pin(certificates.authority)})
        watch.await_event("link", phase="open")
        self.assertEqual(self.daemon.stop(), 0)
        saved = int((self.bench.folder / "clock").read_text())
        self.assertLess(abs(saved - time.time()), 600)
        # From now on the pin is not needed: the device knows better than its clock.
        watch = self.boot(agent.port)
        watch.await_event("link", phase="open")

    def test_a_pin_does_not_help_one_that_has_run_out(self):
        agent = self.fake(behave, self.bench.certificates.server("old", days=-1))
        (self.bench.folder / "clock").write_text(f"{int(time.time())}\n")
        pin = self.bench.certificates.pin(self.bench.certificates.authority)
        self.check_named(self.boot(agent.port, agent={"pin": pin}), "expired", "renew")

    def test_a_damaged_saved_clock_is_told_and_ignored(self):
        (self.bench.folder / "clock").write_text("17")
        agent = self.fake(tell_time)
        watch = self.start(agent.port)
        watch.await_event("link", phase="open")
        self.daemon.await_line(r"clock reason=.*clock is damaged")
        self.assertGreater(int((self.bench.folder / "clock").read_text()), 1_700_000_000)


if __name__ == "__main__":
    unittest.main()
