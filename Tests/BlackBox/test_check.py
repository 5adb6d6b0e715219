"""`auricle check` in a simulated room: all is well, and then one thing after the other is not."""

import hashlib
import json
import os
import tarfile
import unittest
import xml.etree.ElementTree
from datetime import datetime, timezone

from checking import BAD_SETTINGS, GOOD, REMARK, UNREACHABLE, WRONG, CheckTest
from programs import false_clock, free_port, has_false_clock

# The room's clock hurries: a measurement takes six seconds of its time.
SPEED = 8


class RoomTest(CheckTest):
    def start(self, port=None, environment=None, **changes):
        room = {"speed": SPEED, **changes.pop("room", {})}
        self.daemon = self.bench.daemon(
            self.bench.usual(port, room=room, **changes), environment=environment)
        return self.bench.watch()

    def start_well(self, **changes):
        certificate = self.bench.certificates.server(days=90)
        agent = self.bench.agent(certificate=certificate, options=["--echo"])
        watch = self.start(agent.port, **changes)
        watch.await_event("state", state="idle")
        return watch

    def assertNames(self, findings, code, **parts):
        self.assertEqual(findings.codes, {name.replace("_", " "): what for name, what in parts.items()}, findings)
        self.assertEqual(findings.code, code, findings)
        for part in findings.answer["parts"]:
            self.assertTrue(part["grade"] in ("good", "unknown") or part["advice"], part)


class AllIsWell(RoomTest):
    def test_a_healthy_board_is_good_and_its_delay_and_drift_are_right(self):
        for delay, ppm in ((12, 0), (73, 0), (240, 0), (40, -87), (40, 140)):
            self.start_well(room={"echo_delay": f"{delay} ms", "drift": ppm, "seed": delay})
            findings = self.check()
            self.assertNames(findings, GOOD)
            error = findings.measured["delay_ms"] - delay
            drift = findings.measured["drift_ppm"] - ppm
            # A delay that drifts is no one number.
            if ppm == 0:
                print(f"check: delay {delay} ms is off by {error:.3f} ms", flush=True)
                self.assertLess(abs(error), 0.2)
            print(f"check: drift {ppm} ppm is off by {drift:.2f} ppm", flush=True)
            self.assertLess(abs(drift), 3)
            self.assertEqual(self.daemon.stop(), 0)
            (self.bench.folder / "acoustics").unlink()

    def test_the_page_fits_a_console_and_says_it_first(self):
        self.start_well()
        done = self.auricle("check", "--no-sound")
        lines = done.stdout.splitlines()
        self.assertEqual((done.returncode, lines[1]), (GOOD, ""))
        self.assertRegex(lines[0], r"^all is well   \d+\.\d s$")
        self.assertTrue(all(len(line) <= 80 for line in lines), done.stdout)
        self.assertTrue(any(line.startswith("sound        -") for line in lines), done.stdout)

    def test_nothing_is_played_at_night(self):
        watch = self.start_well()
        after = len(watch.events)
        self.assertNames(self.check("--no-sound"), GOOD)
        self.assertFalse([event for event in watch.events[after:] if event["event"] == "measured"])

    def test_what_is_said_meanwhile_reaches_nobody(self):
        agent = self.bench.agent(options=["--echo"])
        # The sweep is what the talker waits for, and speaks over.
        script = self.bench.script("await sound within 120 s", "say what are your opening hours")
        watch = self.start(agent.port, room={"speed": 1, "script": script})
        watch.await_event("state", state="idle")
        findings = self.check()
        self.assertIn("measured", findings.answer)
        watch.await_event("room", phase=lambda text: "talker" in text)
        # The agent knows of no turn, and neither does the daemon.
        self.assertEqual(self.bench.status()["turns"], "0")
        self.assertFalse([event for event in watch.events if event["event"] == "turn"])


class Faults(RoomTest):
    """Each is planted, and must be named, and nothing else."""

    def test_no_daemon(self):
        self.bench.settings(self.bench.usual())
        self.assertNames(self.check(), UNREACHABLE, daemon="no-daemon")

    def test_mistakes_in_the_settings(self):
        self.start_well()
        path = self.bench.folder / "auricle.conf"
        path.write_text(path.read_text() + "[room]\nspeed = fast\n")
        self.assertNames(self.check("--no-sound"), BAD_SETTINGS, settings="bad-settings")

    def test_settings_that_are_not_in_force(self):
        self.start_well()
        path = self.bench.folder / "auricle.conf"
        path.write_text(path.read_text().replace("[sound]", "[speaker]\nvolume = 3\n[sound]"))
        findings = self.check("--no-sound")
        self.assertNames(findings, REMARK, settings="stale-settings")
        self.assertIn("speaker.volume", findings.parts["settings"]["says"])

    def test_no_agent(self):
        self.start(free_port()).await_event("link", phase="closed")
        self.assertNames(self.check("--no-sound"), WRONG, agent="no-agent")

    def test_certificates(self):
        certificates = self.bench.certificates
        for name, code in (("expired", "expired-certificate"), ("other", "wrong-name"), ("self", "self-signed")):
            if name == "self":
                certificate = certificates.self_signed()
            else:
                certificate = certificates.server(
                    name, days=-1 if name == "expired" else 2,
                    names="DNS:elsewhere" if name == "other" else "DNS:localhost,IP:127.0.0.1")
            agent = self.bench.agent(certificate=certificate, options=["--echo"])
            self.start(agent.port).await_event("link", phase="closed")
            self.assertNames(self.check("--no-sound"), WRONG, certificate=code)
            self.assertEqual(self.daemon.stop(), 0)

    def test_an_unknown_authority(self):
        agent = self.bench.agent(options=["--echo"])
        watch = self.start(agent.port, agent={"ca_file": self.bench.certificates.other_authority()})
        watch.await_event("link", phase="closed")
        self.assertNames(self.check("--no-sound"), WRONG, certificate="unknown-authority")

    def test_a_certificate_that_ends_soon(self):
        agent = self.bench.agent(certificate=self.bench.certificates.server(days=9), options=["--echo"])
        self.start(agent.port).await_event("state", state="idle")
        self.assertNames(self.check("--no-sound"), REMARK, certificate="certificate-ends-soon")

    def test_a_certificate_of_the_device_that_has_run_out(self):
        certificate, key = self.bench.certificates.server("kiosk-7", names="DNS:kiosk-7", days=-1)
        self.start_well(device={"certificate": certificate, "key": key})
        self.assertNames(self.check("--no-sound"), WRONG, own_cert="expired-own-certificate")

    def test_no_token(self):
        devices = self.bench.folder / "devices"
        devices.write_text(f"kiosk-7 {hashlib.sha256(b'a' * 40).hexdigest()}\n")
        agent = self.bench.agent(options=["--echo", "--devices", devices])
        self.start(agent.port).await_event("link", phase="closed")
        self.assertNames(self.check("--no-sound"), WRONG, token="token")

    @unittest.skipUnless(has_false_clock(), "no false clock under an emulator or a sanitizer")
    def test_a_clock_that_is_wrong(self):
        moment = datetime(1970, 1, 1, 0, 5, tzinfo=timezone.utc)
        environment = false_clock(self.bench.folder, moment)
        self.start(free_port(), environment=environment).await_event("link", phase="closed")
        findings = self.check("--no-sound", environment=environment)
        self.assertEqual(findings.codes["clock"], "wrong-clock", findings)
        self.assertIn("1970-01-01", findings.parts["clock"]["says"])

    def test_a_folder_that_cannot_be_written(self):
        place = self.bench.folder / "file"
        place.write_text("")
        self.start_well(device={"state": place / "state"})
        self.assertNames(self.check("--no-sound"), WRONG, disk="unwritable-state")

    def test_no_echo_path(self):
        self.start_well(room={"echo_gain": "-60 dB", "noise": "-30 dB"}, speaker={"volume": 30})
        findings = self.check()
        self.assertEqual(findings.codes["loudspeaker"], "no-echo-path", findings)

    def test_a_noisy_place(self):
        self.start_well(room={"echo_gain": "6 dB", "noise": "-34 dB"}, speaker={"volume": 100})
        self.assertNames(self.check(), REMARK, microphone="noisy-microphone")

    def test_a_delay_that_is_too_long(self):
        self.start_well(room={"echo_delay": "380 ms"})
        self.assertEqual(self.check().codes["delay"], "long-delay")

    def test_a_loudspeaker_that_became_quieter_until_it_is_accepted(self):
        self.start_well()
        self.assertNames(self.check(), GOOD)
        self.assertEqual(self.daemon.stop(), 0)
        self.start_well(room={"echo_gain": "-17 dB"})
        findings = self.check()
        self.assertNames(findings, REMARK, loudspeaker="quieter-loudspeaker")
        self.assertIn("5 dB quieter", findings.parts["loudspeaker"]["says"])
        done = self.auricle("sound", "measure", "--accept")
        self.assertEqual(done.returncode, GOOD, done.stdout + done.stderr)
        self.assertNames(self.check(), GOOD)

    def test_what_is_no_good_is_not_accepted_and_says_so(self):
        self.start_well(room={"echo_gain": "-60 dB", "noise": "-30 dB"}, speaker={"volume": 30})
        done = self.auricle("sound", "measure", "--accept")
        self.assertEqual(done.returncode, WRONG, done.stdout + done.stderr)
        self.assertRegex(done.stderr, r"not accepted: \w+: ")
        self.assertNotIn("kind=installed", (self.bench.folder / "acoustics").read_text())
        done = self.auricle("sound", "measure", "--accept", "--json")
        self.assertEqual(done.returncode, WRONG)
        self.assertIs(json.loads(done.stdout)["measured"]["accepted"], False)

    def test_what_cannot_be_kept_is_not_accepted_either(self):
        self.start_well(device={"state": '""'})
        done = self.auricle("sound", "measure", "--accept")
        self.assertEqual(done.returncode, WRONG, done.stdout + done.stderr)
        self.assertIn("not accepted: nothing is kept", done.stderr)

    def test_muted_and_turned_down(self):
        self.start_well()
        self.auricle("mute", "on", config=False)
        self.assertNames(self.check(), REMARK, sound="muted")
        self.auricle("mute", "off", config=False)
        self.auricle("volume", "0", config=False)
        self.assertNames(self.check(), REMARK, sound="not-measured")


class Measuring(RoomTest):
    def test_the_picture_is_one(self):
        self.start_well()
        path = self.bench.folder / "click.svg"
        done = self.auricle("sound", "measure", "--plot", path)
        self.assertEqual(done.returncode, GOOD, done.stdout + done.stderr)
        root = xml.etree.ElementTree.parse(path).getroot()
        words = " ".join(root.itertext())
        for expected in ("How this board hears itself", "direct sound, 40.0 ms", "drift"):
            self.assertIn(expected, words)

    def test_one_at_a_time_and_who_goes_away_calls_it_off(self):
        watch = self.start_well(room={"speed": 1})
        first, second = self.bench.control(), self.bench.control()
        first.send(request="measure")
        self.assertIn("under way", second.ask("measure")["error"])
        self.assertIn("measured", second.ask("listen")["error"])
        first.close()
        event = watch.await_event("measured")
        self.assertIn("nobody waits", event["reason"])
        # And the next may.
        second.send(request="measure")
        self.assertEqual(second.block()["error"], "0")

    def test_the_last_one_is_kept_and_small(self):
        self.start_well()
        self.check()
        kept = (self.bench.folder / "acoustics").read_bytes()
        self.assertTrue(kept.startswith(b"acoustics=1\n"), kept)
        self.assertLess(len(kept), 4_096)
        self.assertEqual(os.stat(self.bench.folder / "acoustics").st_mode & 0o777, 0o600)


class Support(RoomTest):
    CANARIES = ("hunter2-canary-hunter2-canary-hunter2", "tok-canary-33", "opening hours", "Bearer")

    def test_the_bundle_has_everything_but_secrets_and_words(self):
        secret = self.bench.folder / "secret"
        secret.write_text(self.CANARIES[0] + "\n")
        secret.chmod(0o600)
        devices = self.bench.folder / "devices"
        devices.write_text(f"kiosk-7 {hashlib.sha256(self.CANARIES[0].encode()).hexdigest()}\n")
        port = self.bench.agent(options=["--echo", "--devices", devices]).port
        script = self.bench.script("wait 1 s", "say what are your opening hours")
        watch = self.start(
            port, device={"name": "kiosk-7"}, room={"speed": 1, "script": script},
            broker={"url": f"https://localhost:{port}/token", "secret_file": secret},
            agent={"url": f"wss://localhost:{port}/auricle?token=tok-canary-33"})
        watch.await_event("turn", phase="committed")
        path = self.bench.folder / "bundle.tar"
        done = self.auricle("support", "--out", path)
        self.assertEqual(done.returncode, GOOD, done.stdout + done.stderr)
        self.assertLess(path.stat().st_size, 1 << 20)
        self.assertEqual(path.stat().st_mode & 0o777, 0o600)
        with tarfile.open(path) as archive:
            files = {name.split("/", 1)[1]: archive.extractfile(name).read() for name in archive.getnames()}
        self.assertEqual(set(files), {
            "about.txt", "check.txt", "status.txt", "settings.txt", "cards.txt", "log.txt", "kernel.txt",
            "machine.txt", "sound-system.txt", "mixers.txt", "acoustics.txt"})
        everything = b"\n".join(files.values()).decode()
        for canary in self.CANARIES:
            self.assertNotIn(canary, everything)
        self.assertIn(f"broker.secret_file = {secret}", everything)
        self.assertIn("/auricle?(left out)", everything)
        self.assertIn("turns = 1", files["status.txt"].decode())
        self.assertIn("MemTotal", files["machine.txt"].decode())

    def test_without_a_daemon_it_says_what_it_could_not_have(self):
        path = self.bench.folder / "auricle.conf"
        path.write_text('[agent]\ntoken = "hunter2-canary"\n')
        bundle = self.bench.folder / "bundle.tar"
        done = self.auricle("support", "--out", bundle)
        self.assertEqual(done.returncode, GOOD, done.stdout + done.stderr)
        text = bundle.read_bytes().decode()
        self.assertIn("is not running", text)
        self.assertIn("the settings files have errors", text)
        self.assertNotIn("hunter2-canary", text)


if __name__ == "__main__":
    unittest.main()
