"""What a device shows to be let in: tokens from a broker, and what happens to a key that never runs out."""

import hashlib
import os
import unittest

from programs import BlackBoxTest
from websocket import FakeAgent

SECRET = "correct-horse-battery-staple-0123456789abcdef"


class Tokens(BlackBoxTest):
    def guarded(self, *options):
        """The real agent, which lets in who shows a token."""
        devices = self.bench.folder / "devices"
        devices.write_text(f"kiosk-7 {hashlib.sha256(SECRET.encode()).hexdigest()}\n")
        return self.bench.agent(options=["--echo", "--devices", devices, *options])

    def secret(self, text=SECRET, mode=0o600):
        path = self.bench.folder / "secret"
        path.write_text(text + "\n")
        os.chmod(path, mode)
        return path

    def daemon(self, agent, **broker):
        keys = {"url": f"https://localhost:{agent.port}/token", **broker}
        # Where the agent is, the broker says: this address is nobody's.
        return self.bench.daemon(self.bench.usual(broker=keys, device={"name": "kiosk-7"}))

    def trouble(self, **wanted):
        return self.bench.watch().await_event("link", phase="closed", **wanted)

    def test_a_token_lets_the_device_in_and_the_broker_says_where(self):
        agent = self.guarded()
        daemon = self.daemon(agent, secret_file=self.secret())
        agent.await_line("event=token device=kiosk-7 by=secret")
        self.bench.watch().await_event("state", state="idle")
        self.assertEqual(self.bench.status()["fault"], "")
        self.assertEqual(daemon.stop(), 0)
        for program in (agent, daemon):
            self.assertNotIn(SECRET, program.output)
        # The name is told in four letters, the token itself never.
        self.assertNotRegex(agent.output + daemon.output, r"Bearer|eyJ|[A-Za-z0-9_-]{60}")

    def test_a_token_that_is_not_taken_any_more_is_replaced_at_once(self):
        agent = self.guarded()
        self.daemon(agent, secret_file=self.secret())
        watch = self.bench.watch()
        watch.await_event("state", state="idle")
        agent.stop()
        # Another process has another key: what it gave before, it does not know.
        again = self.bench.agent(port=agent.port, options=[
            "--echo", "--devices", self.bench.folder / "devices"])
        before = len(watch.events)
        watch.await_event("link", phase="open", after=before)
        again.await_line("event=token device=kiosk-7 by=secret")
        refused = [event for event in watch.events[before:] if "401" in event.get("reason", "")]
        self.assertEqual([event["retry_ms"] for event in refused], ["0"])

    def test_a_wrong_secret_is_named_with_what_to_do(self):
        agent = self.guarded()
        self.daemon(agent, secret_file=self.secret("not-the-secret-of-this-device-at-all"))
        event = self.trouble(reason=lambda text: "token broker: status 401" in text)
        self.assertIn("broker.secret_file", event["advice"])
        self.assertNotIn("not-the-secret", str(event))

    def test_a_secret_that_is_replaced_is_taken_without_a_restart(self):
        agent = self.guarded()
        self.daemon(agent, secret_file=self.secret("not-the-secret-of-this-device-at-all"))
        self.trouble()
        self.secret()
        self.bench.watch().await_event("state", state="idle")

    def test_a_secret_that_others_may_read_is_not_used(self):
        agent = self.guarded()
        self.daemon(agent, secret_file=self.secret(mode=0o644))
        event = self.trouble()
        self.assertIn("may be read or written by others", event["reason"])
        self.assertIn("chmod 600", event["advice"])
        self.assertNotIn("event=token", agent.output)

    def test_a_broker_that_is_not_there_is_asked_again(self):
        agent = self.guarded()
        port = agent.port
        agent.stop()
        daemon = self.daemon(agent, secret_file=self.secret())
        self.trouble(reason=lambda text: text.startswith("token broker: connection refused"))
        # Where the agent is nobody knows yet, least of all the settings.
        self.assertEqual(self.bench.status()["agent"], f"https://localhost:{port}/token")
        devices = self.bench.folder / "devices"
        self.bench.agent(port=port, options=["--echo", "--devices", devices])
        self.bench.watch().await_event("state", state="idle")
        self.assertEqual(self.bench.status()["agent"], f"wss://localhost:{port}/auricle")
        self.assertTrue(daemon.is_running())

    def test_a_broker_that_wants_to_be_left_alone_is(self):
        def serve(connection, number):
            connection.send_raw(
                b"HTTP/1.1 429 Too Many Requests\r\nRetry-After: 3600\r\nContent-Length: 2\r\n\r\n{}")

        broker = FakeAgent(*self.bench.certificates.server(), serve, upgrade=False)
        self.addCleanup(broker.close)
        self.daemon(broker, secret_file=self.secret())
        closed = self.trouble(reason=lambda text: "token broker: status 429" in text)
        # An hour is more than anybody is believed.
        self.assertGreaterEqual(int(closed["retry_ms"]), 600_000)
        self.assertLess(int(closed["retry_ms"]), 700_000)

    def test_a_device_without_a_token_is_told_so(self):
        agent = self.guarded()
        self.bench.daemon(self.bench.usual(agent.port, device={"name": "kiosk-7"}))
        event = self.trouble(reason=lambda text: "401" in text)
        self.assertEqual(event["reason"], "answered with status 401 (token_missing)")
        self.assertNotEqual(event["advice"], "")

    def test_a_broker_without_a_proof_is_a_mistake_in_the_settings(self):
        daemon = self.bench.daemon(self.bench.usual(broker={"url": "https://localhost:1/token"}))
        self.assertEqual(daemon.finish(), 2)
        self.assertIn("nothing proves this device to the broker", daemon.output)

    def test_a_plain_broker_is_a_mistake_in_the_settings(self):
        daemon = self.bench.daemon(
            self.bench.usual(broker={"url": "http://localhost:1/token", "secret_file": self.secret()}))
        self.assertEqual(daemon.finish(), 2)
        self.assertIn("broker.url", daemon.output)


class AKeyThatNeverRunsOut(BlackBoxTest):
    def settings(self, **agent):
        key = self.bench.folder / "key"
        key.write_text("sk-forever-and-ever-0123456789\n")
        os.chmod(key, 0o600)
        self.server = self.bench.agent(options=["--echo"])
        return self.bench.usual(self.server.port, agent={"key_file": key, **agent})

    def test_it_is_refused(self):
        daemon = self.bench.daemon(self.settings())
        self.assertEqual(daemon.finish(), 2)
        self.assertIn("agent.key_file is a key that never runs out", daemon.output)
        self.assertIn("broker.url", daemon.output)
        self.assertNotIn("sk-forever", daemon.output)

    def test_for_debugging_it_is_taken_and_status_says_so(self):
        daemon = self.bench.daemon(self.settings(debug_long_lived_key="yes"))
        self.bench.watch().await_event("state", state="idle")
        code, output, _ = self.bench.command("status", "--socket", self.bench.socket)
        self.assertEqual(code, 0)
        self.assertIn("a key that never runs out is on this device", output)
        self.assertNotIn("sk-forever", daemon.output + output)


if __name__ == "__main__":
    unittest.main()
