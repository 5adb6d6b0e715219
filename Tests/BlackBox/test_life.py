"""The daemon's life: start, refusal to start, the command line, trouble on the machine, the end."""

import json
import os
import signal
import socket
import stat
import struct
import subprocess
import time
import unittest
import wave

from programs import SECONDS, BlackBoxTest, Gone, device_program


def await_true(condition, what, seconds=SECONDS):
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise Gone(f"{what} did not come about within {seconds:.0f} s")
        time.sleep(0.01)


class LifeTest(BlackBoxTest):
    def running(self, settings=None, **options):
        """A daemon that answers on its control socket."""
        daemon = self.bench.daemon(settings or self.bench.usual(), **options)
        self.bench.watch().close()
        return daemon

    def status(self):
        return self.bench.status()

    def refused(self, *arguments, code):
        """Runs the daemon, which must end with that code; what it said."""
        daemon = self.bench.start([*device_program("AURICLE_DAEMON"), *arguments], "refused")
        self.assertEqual(daemon.finish(), code, daemon.output)
        return daemon.output

    def auricle(self, *arguments, code=0):
        """Runs the command line against our daemon; what it printed."""
        done, output, errors = self.bench.command(*arguments, "--socket", self.bench.socket)
        self.assertEqual(done, code, f"auricle {' '.join(map(str, arguments))}: {output}{errors}")
        return output if code == 0 else output + errors

    def facts(self, *arguments, code=0):
        done, output, errors = self.bench.command(
            *arguments, "--json", "--socket", self.bench.socket)
        self.assertEqual(done, code, output + errors)
        return json.loads(output)


class TheDaemonsEnd(LifeTest):
    def test_sigterm_ends_it_cleanly_and_takes_its_socket_along(self):
        daemon = self.running()
        self.assertTrue(stat.S_ISSOCK(os.stat(self.bench.socket).st_mode))
        self.assertEqual(daemon.stop(seconds=10), 0, daemon.output)
        self.assertFalse(self.bench.socket.exists())
        self.assertIn("stopped", daemon.output)

    def test_sigint_does_the_same(self):
        daemon = self.running()
        self.assertEqual(daemon.stop(signal.SIGINT, seconds=10), 0, daemon.output)
        self.assertFalse(self.bench.socket.exists())

    def test_a_watcher_is_told_by_the_end_of_the_stream(self):
        daemon = self.running()
        watch = self.bench.watch()
        daemon.stop()
        while watch.block() is not None:
            pass


class OneDaemonForEachSocket(LifeTest):
    def test_a_second_one_refuses_and_says_why_and_the_first_goes_on(self):
        self.running()
        output = self.refused("--config", self.bench.folder / "auricle.conf", code=1)
        self.assertIn("another auricled", output)
        self.assertIn(str(self.bench.socket), output)
        self.assertEqual(self.status()["error"], "0")

    def test_a_socket_left_by_a_daemon_that_was_killed_is_replaced(self):
        first = self.running()
        first.kill()
        self.assertTrue(self.bench.socket.exists())
        second = self.bench.daemon(self.bench.folder / "auricle.conf")
        second.await_line("phase=opened")
        self.assertTrue(second.is_running())
        self.assertEqual(self.status()["error"], "0")

    def test_a_socket_of_another_program_is_left_alone(self):
        with socket.socket(socket.AF_UNIX) as other:
            other.bind(str(self.bench.socket))
            other.listen()
            path = self.bench.settings(self.bench.usual())
            output = self.refused("--config", path, code=1)
            self.assertIn(str(self.bench.socket), output)
            self.assertIn("control.socket", output)
            self.assertTrue(self.bench.socket.exists())

    def test_a_place_that_is_no_place_for_a_socket_is_named(self):
        (self.bench.folder / "file").write_text("")
        wanted = self.bench.folder / "file/control.sock"
        path = self.bench.settings(self.bench.usual(control={"socket": wanted}))
        output = self.refused("--config", path, code=1)
        self.assertIn(str(self.bench.folder / "file"), output)
        self.assertIn("control.socket", output)


class SettingsThatAreWrong(LifeTest):
    def bad_file(self):
        path = self.bench.folder / "bad.conf"
        path.write_text(
            "[agent]\nurl = nowhere\n\n[turn]\nend_silense = 700 ms\nshortest = 5 parsecs\n"
            "[speaker]\nvolume = 130\n[nonsense]\nkey = 1\n[link]\npacket\n")
        return path

    def check_bad(self, output, path):
        for line, word in (
            (2, "agent.url|url = nowhere"), (5, "end_silence"), (6, "parsecs"), (8, "130"),
            (9, "nonsense"), (12, "packet"),
        ):
            self.assertRegex(output, rf"{path}:{line}: .*({word})")

    def test_all_errors_of_a_file_are_told_at_once_with_their_lines(self):
        path = self.bad_file()
        self.check_bad(self.refused("--config", path, code=2), path)
        self.check_bad(self.refused("--config", path, "--check", code=2), path)

    def test_the_command_line_tells_the_same_errors(self):
        path = self.bad_file()
        code, output, errors = self.bench.command("settings", "--files", "--config", path)
        self.assertEqual(code, 4, output + errors)
        self.check_bad(output + errors, path)

    def test_a_file_that_is_not_there_is_named(self):
        path = self.bench.folder / "missing.conf"
        output = self.refused("--config", path, code=2)
        self.assertRegex(output, f"{path}: cannot be read: No such file")

    def test_files_that_are_no_settings_are_refused(self):
        for name, content in (
            ("binary", bytes(range(256)) * 16), ("long", b"[agent]\nurl = " + b"x" * 100_000),
            ("many", b"[turn]\nx\n" * 20_000), ("huge", b"# nothing\n" * 1_000_000),
        ):
            path = self.bench.folder / f"{name}.conf"
            path.write_bytes(content)
            output = self.refused("--config", path, "--check", code=2)
            self.assertIn(str(path), output)
            self.assertLess(len(output), 100_000)
        self.assertIn(str(self.bench.folder), self.refused("--config", self.bench.folder, code=2))

    def test_check_says_that_good_settings_are_good_and_starts_nothing(self):
        path = self.bench.settings(self.bench.usual())
        daemon = self.bench.start(
            [*device_program("AURICLE_DAEMON"), "--config", path, "--check"], "check")
        self.assertEqual(daemon.finish(), 0, daemon.output)
        self.assertIn("good", daemon.output)
        self.assertFalse(self.bench.socket.exists())

    def test_options_that_do_not_exist_are_refused_with_the_usage(self):
        for arguments in (["--colour"], ["--config"], ["extra"], ["--check=yes"]):
            output = self.refused(*arguments, code=2)
            self.assertIn("usage: auricled", output)
        for arguments in (["--version"], ["--help"]):
            self.assertIn("auricled", self.refused(*arguments, code=0))


class TheCommandLine(LifeTest):
    def test_without_a_daemon_it_says_so_and_what_to_do(self):
        output = self.auricle("status", code=3)
        self.assertIn("not running", output)
        self.assertIn("systemctl", output)
        self.assertIn("error", self.facts("status", code=3))

    def test_every_verb_answers_with_facts(self):
        daemon = self.running()
        status = self.facts("status")
        self.assertEqual(status["pid"], daemon.identifier)
        self.assertIn(status["state"], ("offline", "connecting"))
        self.assertIs(status["muted"], False)
        self.assertGreater(status["resident_kib"], 0)
        self.assertEqual(self.facts("volume", "40")["volume"], 40)
        self.assertEqual(self.facts("volume")["volume"], 40)
        self.assertIs(self.facts("mute", "on")["muted"], True)
        self.assertEqual(self.facts()["state"], "muted")
        self.assertIs(self.facts("mute")["muted"], True)
        self.assertIs(self.facts("mute", "off")["muted"], False)
        self.facts("stop")
        self.assertEqual(self.facts("version")["auricled"], self.facts("version")["auricle"])
        self.facts("cue", "problem")
        settings = self.facts("settings")
        self.assertIn(str(self.bench.folder / "auricle.conf"), json.dumps(settings))
        self.assertIn("volume 40", self.auricle("status"))

    def test_it_listens_also_while_its_agent_is_away_for_a_moment(self):
        self.running()
        self.auricle("listen")
        self.assertEqual(self.status()["state"], "listening")

    def test_what_cannot_be_done_is_refused_with_the_reason(self):
        self.running(self.bench.usual(link={"outage": "0 ms"})).await_line("phase=closed")
        self.assertRegex(self.auricle("listen", code=1), "not reached")
        for arguments, word in (
            (["volume", "130"], "0 to 100"), (["volume", "--1"], "volume|option"),
            (["volume", "loud"], "0 to 100"), (["mute", "perhaps"], "on or off"),
            (["cue"], "no-network"), (["cue", "problme"], "problem"), (["lissen"], "listen"), (["status", "--colour"], "--colour"),
            (["status", "extra"], "extra"), (["watch", "--reference"], "--reference"),
        ):
            self.assertRegex(self.auricle(*arguments, code=2), word)
        self.assertEqual(self.facts("volume")["volume"], 70)

    def test_the_daemon_itself_refuses_what_is_out_of_range(self):
        self.running()
        control = self.bench.control()
        for request in ({"request": "volume", "volume": 130}, {"request": "dance"}, {"x": 1},
                        {"request": "cue", "cue": "song"}):
            control.send(**request)
            self.assertNotEqual(control.block()["error"], "0", request)
        self.assertEqual(control.ask("status")["volume"], "70")

    def test_garbage_on_the_control_socket_harms_nothing(self):
        daemon = self.running()
        for garbage in (b"\x00\xff\n\n", b"no equals sign\n\n", b"x=" + b"y" * 1_000_000, b"=\n\n"):
            with socket.socket(socket.AF_UNIX) as caller:
                caller.settimeout(SECONDS)
                caller.connect(str(self.bench.socket))
                try:
                    caller.sendall(garbage)
                    caller.recv(65_536)
                except (BrokenPipeError, ConnectionResetError):
                    pass
        callers = [self.bench.control() for _ in range(40)]
        for caller in callers:
            caller.close()
        await_true(lambda: self.answers(), "an answer after many callers")
        self.assertTrue(daemon.is_running())

    def answers(self):
        try:
            reply = self.status()
        except (BrokenPipeError, ConnectionResetError):
            return False
        # "too many callers" is an answer too, but not the one we want.
        return bool(reply) and reply["error"] == "0"

    def test_watch_prints_one_object_a_line_until_it_is_stopped(self):
        self.running()
        watch = self.bench.start(
            [*device_program("AURICLE_CLI"), "watch", "--json", "--levels", "--socket",
             self.bench.socket], "watch")
        watch.await_line('"event":"level"')
        self.auricle("volume", "33")
        watch.await_line('"volume":33')
        self.assertEqual(watch.stop(signal.SIGINT), 0)
        kinds = {json.loads(line)["event"] for _, line in watch.lines}
        self.assertLessEqual({"state", "level", "stats", "volume"} - {"stats"}, kinds)

    def test_a_reader_that_has_seen_enough_is_no_failure(self):
        self.running()
        command = " ".join(device_program("AURICLE_CLI"))
        done = subprocess.run(
            ["sh", "-c", f"{command} settings --socket {self.bench.socket} | head -n 1"],
            capture_output=True, text=True, timeout=SECONDS)
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_an_output_that_cannot_be_written_is_told(self):
        self.running()
        with open("/dev/full", "w") as full:
            done = subprocess.run(
                [*device_program("AURICLE_CLI"), "status", "--socket", str(self.bench.socket)],
                stdout=full, stderr=subprocess.PIPE, text=True, timeout=SECONDS)
        self.assertEqual(done.returncode, 1)
        self.assertIn("No space left", done.stderr)


class TheDevicesOwnSounds(LifeTest):
    def record(self, path, level, seconds=1.0):
        with wave.open(str(path), "wb") as file:
            file.setparams((1, 2, 16_000, 0, "NONE", ""))
            file.writeframes(struct.pack("<h", level) * int(seconds * 16_000))

    def test_they_are_heard_and_recordings_take_their_place(self):
        cues, played = self.bench.folder / "cues", self.bench.folder / "played.wav"
        cues.mkdir()
        silence = self.bench.folder / "silence.wav"
        self.record(silence, 0)
        self.record(cues / "listening.wav", 12_345)
        self.record(cues / "problem.wav", 2_222, seconds=5.1)
        daemon = self.running(self.bench.usual(
            sound={"card": "wav"}, wav={"microphone": silence, "loudspeaker": played, "speed": 4},
            speaker={"volume": 100, "cues": cues, "cue_level": 100}))
        daemon.await_line("cue at_ms=0 phase=failed.*problem.wav.*5 s.*auricle-agent --say")
        watch = self.bench.watch()
        for cue in ("listening", "problem"):
            self.assertIn(cue, self.auricle("cue", cue))
            watch.await_event("cue", cue=cue)
            # Two seconds of the device's, in which it is heard to its end.
            for _ in range(2):
                watch.await_event("stats", after=len(watch.events))
        self.auricle("volume", "0")
        self.assertIn("volume", self.auricle("cue", "listening", code=1))
        daemon.stop()
        self.assertIn("cue at_ms=", daemon.output)
        with wave.open(str(played)) as sound:
            samples = memoryview(sound.readframes(sound.getnframes())).cast("h")
        self.assertEqual(max(samples), 12_345)
        # Without its soft edges of five milliseconds.
        self.assertTrue(15_000 <= list(samples).count(12_345) <= 16_000)
        # In place of the recording that is too long there is our own sound.
        last = max(place for place, sample in enumerate(samples) if sample == 12_345)
        rest = samples[last + 160:]
        self.assertTrue(2_222 < max(rest) < 8_231, max(rest))


class SoundThatIsMissing(LifeTest):
    def check_fault(self, *words):
        watch = self.bench.watch()
        watch.await_event("state", state="fault")
        status = self.facts("status")
        self.assertEqual(status["state"], "fault")
        for word in words:
            self.assertRegex(status["fault"], word)
        # The clock goes on without a card.
        first = int(self.status()["frames"])
        await_true(lambda: int(self.status()["frames"]) > first + 10, "more frames")
        self.assertRegex(self.auricle("status"), words[0])

    def test_a_card_that_does_not_exist_is_a_fault_with_advice_and_not_the_end(self):
        daemon = self.bench.daemon(self.bench.usual(
            sound={"card": "alsa"}, alsa={"microphone": "hw:7", "loudspeaker": "hw:7"}))
        self.check_fault("hw:7", "alsa.microphone")
        watch = self.bench.watch()
        # Each half is looked for again each second; the log says so once.
        watch.await_event("stats")
        watch.await_event("stats", after=len(watch.events))
        watch.await_event("stats", after=len(watch.events))
        self.assertEqual(daemon.stop(), 0)
        for half in ("microphone", "loudspeaker"):
            self.assertEqual(daemon.output.count(f"phase=failed half={half}"), 1, daemon.output)
        # ALSA itself would write half a page at each of the tries.
        self.assertLess(daemon.output.count("\n"), 12, daemon.output)

    def test_a_room_without_its_script_works_as_soon_as_the_script_is_there(self):
        script = self.bench.folder / "later.txt"
        daemon = self.bench.daemon(self.bench.usual(room={"script": script}))
        self.check_fault(str(script), "room.script")
        script.write_text("dance\n")
        daemon.await_line("phase=failed .*later.txt.*line 1|phase=failed .*dance")
        script.write_text("wait 1 s\n")
        daemon.await_line("sound .*phase=opened")
        await_true(lambda: self.facts("status")["state"] != "fault", "the end of the fault")
        self.assertEqual(self.facts("status").get("sound"), "room, simulated")

    def test_a_sound_file_that_is_none_is_named(self):
        sound = self.bench.folder / "broken.wav"
        sound.write_bytes(b"RIFF\xff\xff\xff\xffWAVEfmt ")
        self.bench.daemon(self.bench.usual(sound={"card": "wav"}, wav={"microphone": sound}))
        self.check_fault(str(sound), "16 kHz")


class DisksThatAreFull(LifeTest):
    def test_a_recording_that_does_not_fit_ends_and_the_daemon_goes_on(self):
        if os.geteuid() != 0:
            self.skipTest("mounting a small disk needs root")
        folder = self.bench.folder / "small"
        folder.mkdir()
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], capture_output=True)
        if mounted.returncode != 0:
            self.skipTest("mounting is not allowed here")
        self.addCleanup(subprocess.run, ["umount", folder], check=True)
        daemon = self.bench.daemon(self.bench.usual(room={"recording": folder, "speed": 20}))
        self.addCleanup(daemon.kill)
        daemon.await_line("record.*No space left")
        self.check_goes_on(daemon)

    def test_a_disk_that_is_full_from_the_start_is_told_and_the_daemon_starts(self):
        (self.bench.folder / "room.wav").symlink_to("/dev/full")
        daemon = self.bench.daemon(
            self.bench.usual(room={"recording": self.bench.folder, "speed": 20}))
        daemon.await_line("record.*No space left")
        self.check_goes_on(daemon)

    def check_goes_on(self, daemon):
        watch = self.bench.watch()
        first = int(self.status()["frames"])
        while int(self.status()["frames"]) < first + 2_000:
            watch.await_event("stats", after=len(watch.events))
        self.assertEqual(daemon.stop(), 0, daemon.output)
        self.assertEqual(daemon.output.count("No space left"), 1, daemon.output)

    def test_a_log_that_cannot_be_written_does_not_end_it(self):
        path = self.bench.settings(self.bench.usual())
        command = " ".join(device_program("AURICLE_DAEMON")) + f" --config {path}"
        # Each another volume: it is remembered, and what changes nothing is no event.
        for volume, redirection in ((50, "2>/dev/full"), (51, "2>&-"), (52, ">&- 2>&- <&-")):
            with self.subTest(redirection):
                daemon = self.bench.start(["sh", "-c", f"exec {command} {redirection}"], "quiet")
                watch = self.bench.watch()
                watch.await_event("stats")
                self.auricle("volume", volume)
                watch.await_event("volume", volume=volume)
                # Else the log would be written into whatever got the free number.
                for number in (0, 1, 2):
                    target = os.readlink(f"/proc/{daemon.identifier}/fd/{number}")
                    self.assertRegex(target, "^(/dev/|pipe:)")
                self.assertEqual(daemon.stop(), 0)


if __name__ == "__main__":
    unittest.main()
