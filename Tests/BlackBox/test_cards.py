"""Which sound cards are used: the best, the named, the replugged, the better, the busy, two alike."""

import json
import os
import re
import time
import unittest
from pathlib import Path

import cards
import opus
from programs import PATIENCE, BlackBoxTest, device_program
from trouble import answer
from websocket import FakeAgent

PHONE = {"id": "Device", "name": "Speak 510", "maker": "Jabra", "usb": "1-1.2", "vendor": "0b0e",
         "product": "0420", "serial": "A1",
         "playback": {"channels": 2}, "capture": {"channels": 1, "rates": [16_000, 48_000]}}
HAT = {"id": "seeed2micvoicec", "name": "seeed-2mic-voicecard", "device": "soc:sound",
       "driver": "simple-card", "playback": {"rates": [16_000, 48_000]},
       "capture": {"channels": 2, "rates": [16_000, 48_000]}}
SCREEN = {"id": "HDMI", "name": "HDA HDMI", "driver": "HDA-HDMI", "device": "soc:hdmi", "playback": {}}
# From plug to open again; the aim is one second.
REPLUG_SECONDS = 3


@unittest.skipUnless(cards.has_lab(), "gcc is missing, or an emulator runs the programs")
class CardsTest(BlackBoxTest):
    def setUp(self):
        super().setUp()
        self.lab = cards.Lab(self.bench)

    def start(self, serve=None, interrupt=None, **alsa):
        """A daemon in the lab and its watch; what was said before that is in its log."""
        def listen(connection, number):
            connection.welcome()
            connection.listen()

        agent = FakeAgent(*self.bench.certificates.server(), serve or listen)
        self.addCleanup(agent.close)
        self.settings = self.bench.settings(
            self.bench.usual(agent.port, sound={"card": "alsa"}, alsa=alsa, interrupt=interrupt or {}))
        self.daemon = self.bench.daemon(self.settings, environment=self.lab.environment)
        return self.bench.watch()

    def logged(self, half, phase):
        """The fields of the first such line of the log."""
        _, found = self.daemon.await_line(rf"sound at_ms=\d+ phase={phase} half={half} (.*)")
        return {key: quoted or plain for key, quoted, plain in
                re.findall(r'(\w+)=(?:"([^"]*)"|(\S*))', found[1])}

    def sound(self, *arguments, code=0):
        """`auricle sound`, asked of the daemon."""
        ended, output, errors = self.bench.command(
            "sound", *arguments, "--config", self.settings)
        self.assertEqual(ended, code, output + errors)
        return output + errors

    def listed(self):
        return json.loads(self.sound("list", "--json"))

    def used(self):
        """The names of the cards that hear and speak, as soon as both do."""
        status = self.bench.status()
        return status.get("microphone_card"), status.get("loudspeaker_card")

    def await_used(self, watch, microphone, loudspeaker, seconds=REPLUG_SECONDS):
        """Waits for events until these cards are used; how long it took."""
        begin = time.monotonic()
        while self.used() != (microphone, loudspeaker):
            left = begin + seconds * PATIENCE - time.monotonic()
            self.assertGreater(left, 0, f"{self.used()}\n{self.daemon.output}")
            watch.await_event("stats")
        return time.monotonic() - begin

    def test_the_best_card_is_taken_and_the_reason_is_told(self):
        for card in (SCREEN, HAT, PHONE):
            self.lab.add(**card)
        watch = self.start()
        opened = self.logged("microphone", "opened")
        self.assertEqual(opened["why"], "USB speakerphone: hears and speaks over one clock")
        watch.await_event("state", state="idle")
        self.assertEqual(self.used(), ("Speak 510", "Speak 510"))
        report = self.listed()
        self.assertEqual([card["id"] for card in report["cards"]], ["HDMI", "seeed2micvoicec", "Device"])
        phone = report["cards"][2]
        self.assertEqual((phone["usb_path"], phone["usb_id"], phone["usb_serial"]), ("1-1.2", "0b0e:0420", "A1"))
        self.assertEqual(phone["wish"], "usb-id:0b0e:0420:A1")
        self.assertEqual([device["use"] for device in phone["devices"]], ["ours", "ours"])
        hears = report["cards"][1]["devices"][0]
        self.assertEqual(hears["rates"], [16_000, 48_000])
        self.assertEqual((hears["formats"], hears["channels_most"], hears["use"]), (["S16_LE"], 2, "free"))
        text = self.sound("list")
        self.assertRegex(text, r"microphone +Speak 510 +USB speakerphone")
        self.assertIn("in use by auricled", text)

    def test_a_card_that_is_replugged_under_another_number_is_heard_again_soon(self):
        self.lab.add(number=0, **SCREEN)
        phone = self.lab.add(number=1, **PHONE)
        watch = self.start(microphone="usb-id:0b0e:0420:A1")
        watch.await_event("state", state="idle")
        for number in (4, 1):
            after = len(watch.events)
            phone.unplug()
            watch.await_event("sound", phase="failed", half="microphone", after=after)
            after = len(watch.events)
            begin = time.monotonic()
            phone.plug(number=number)
            watch.await_event("sound", phase="opened", half="microphone", after=after)
            self.assertLess(time.monotonic() - begin, REPLUG_SECONDS * PATIENCE)
            self.await_used(watch, "Speak 510", "Speak 510")
            self.assertEqual(self.listed()["microphone"]["card"], number)

    def test_nodes_that_get_their_permissions_late_are_taken_when_they_have_them(self):
        phone = self.lab.add(plugged=False, **PHONE)
        watch = self.start(microphone="usb-path:1-1.2")
        missing = self.logged("microphone", "failed")
        self.assertEqual(missing["reason"], "there is no card usb-path:1-1.2: there is no sound card here")
        after = len(watch.events)
        phone.plug(number=2, mode=0)
        watch.await_event("stats", after=after)
        self.assertEqual([event for event in watch.events[after:] if event.get("phase") == "opened"], [])
        begin = time.monotonic()
        phone.dress()
        watch.await_event("sound", phase="opened", half="microphone", after=after)
        self.assertLess(time.monotonic() - begin, REPLUG_SECONDS * PATIENCE)

    def test_a_better_card_that_arrives_is_taken_and_its_going_is_survived(self):
        hat = self.lab.add(**HAT)
        watch = self.start()
        watch.await_event("state", state="idle")
        self.assertEqual(self.used(), ("seeed-2mic-voicecard", "seeed-2mic-voicecard"))
        after = len(watch.events)
        phone = self.lab.add(**PHONE)
        opened = watch.await_event("sound", phase="opened", half="microphone", after=after)
        self.assertEqual(opened["why"], "USB speakerphone: hears and speaks over one clock")
        self.await_used(watch, "Speak 510", "Speak 510")
        # The other one is free for others, and nothing was ever missing.
        self.assertEqual((hat.state("capture"), hat.state("playback")), (None, None))
        self.assertEqual([event for event in watch.events[after:] if event.get("phase") == "failed"], [])
        phone.unplug()
        self.await_used(watch, "seeed-2mic-voicecard", "seeed-2mic-voicecard")

    def test_a_better_card_that_is_busy_leaves_the_one_in_use_at_work(self):
        self.lab.add(**HAT)
        watch = self.start()
        watch.await_event("state", state="idle")
        phone = self.lab.add(plugged=False, **PHONE)
        phone.page["holder"] = os.getpid()
        after = len(watch.events)
        phone.plug()
        phone.hold(os.getpid())
        kept = watch.await_event("sound", phase="kept", half="microphone", after=after)
        self.assertRegex(kept["reason"], r"'Speak 510' is in use by \S+ \(process \d+\)")
        self.assertEqual(self.used(), ("seeed-2mic-voicecard", "seeed-2mic-voicecard"))
        self.assertEqual(self.bench.status()["fault"], "")

    def test_a_busy_card_names_the_process_that_holds_it(self):
        phone = self.lab.add(**PHONE)
        phone.hold(os.getpid())
        name = Path("/proc/self/comm").read_text().strip()
        watch = self.start(microphone="card:Device")
        failed = self.logged("microphone", "failed")
        holder = f"{name} (process {os.getpid()})"
        self.assertEqual(failed["reason"], f"microphone 'Speak 510' is in use by {holder}")
        self.assertIn("fuser -v /dev/snd/*", failed["advice"])
        self.assertIn(holder, self.bench.status()["fault"])
        self.assertIn(f"in use by {holder}", self.sound("list"))
        after = len(watch.events)
        phone.hold(None)
        watch.await_event("sound", phase="opened", half="microphone", after=after)

    def test_of_two_alike_the_one_that_is_named_is_taken(self):
        self.lab.add(number=3, **{**PHONE, "id": "Device_1", "usb": "1-1.4", "serial": "B2"})
        self.lab.add(number=1, **{**PHONE, "name": "Speak 510 near"})
        watch = self.start(microphone="usb-path:1-1.4")
        watch.await_event("state", state="idle")
        self.assertEqual(self.bench.status()["microphone"].split()[0].removeprefix("plug"), "hw:CARD=Device_1,DEV=0")
        self.assertIn("may be one of Device", self.sound("use", "Speak", code=1))
        told = self.sound("use", "usb-id:0b0e:0420")
        self.assertIn("fits 2 cards: Device (Speak 510 near, usb-path:1-1.2), Device_1", told)
        self.await_used(watch, "Speak 510 near", "Speak 510 near")
        self.assertIn("name one by its usb-path", self.bench.status()["microphone_why"])

    def test_a_card_that_is_chosen_is_used_at_once_and_stands_in_the_file(self):
        self.lab.add(**SCREEN)
        self.lab.add(**HAT)
        self.lab.add(**PHONE)
        watch = self.start()
        watch.await_event("state", state="idle")
        self.assertIn("in force now", self.sound("use", "2mic"))
        self.await_used(watch, "seeed-2mic-voicecard", "seeed-2mic-voicecard")
        self.sound("use", "HDMI", "--loudspeaker")
        self.await_used(watch, "seeed-2mic-voicecard", "HDA HDMI")
        text = self.settings.read_text()
        self.assertIn("microphone = card:seeed2micvoicec\n", text)
        self.assertIn("loudspeaker = card:HDMI\n", text)
        self.assertEqual(self.listed()["loudspeaker"]["wish"], "card:HDMI")
        self.sound("use", "auto")
        self.await_used(watch, "Speak 510", "Speak 510")
        self.assertEqual(self.daemon.stop(), 0)

    def test_what_was_learned_of_one_card_is_not_used_for_another(self):
        def serve(connection, number):
            connection.welcome()
            packets = opus.babble(5_000)
            turn = connection.receive_json("turn.commit")["turn"]
            answer(connection, turn, turn, packets)
            connection.listen()

        phone = self.lab.add(number=1, **PHONE)
        phone.hears(phone, delay_ms=5.0, gain=-20.0)
        watch = self.start(serve, interrupt={"enabled": "no"})
        watch.await_event("state", state="idle")
        self.lab.say(self.bench.voice("what are your opening hours"))
        watch.await_event("reply", phase="drained")
        self.assertEqual(self.daemon.stop(), 0)
        phone.unplug()
        phone.plug(number=5)
        for used, change in ((True, phone.unplug), (False, lambda: None)):
            self.start(serve)
            word = "is" if used else "is not"
            self.daemon.await_line(f"echo path of an earlier run {word} used")
            self.assertEqual(self.daemon.stop(), 0)
            change()
            if used:
                self.lab.add(number=1, **HAT)

    def test_without_a_daemon_the_cards_are_listed_all_the_same(self):
        self.lab.add(**PHONE)
        self.settings = self.bench.settings(self.bench.usual(sound={"card": "alsa"}))
        done = self.lab.run(
            *device_program("AURICLE_CLI"), "sound", "list", "--json", "--config", self.settings)
        self.assertEqual(done.returncode, 0, done.stderr)
        report = json.loads(done.stdout)
        self.assertEqual(report["microphone"]["name"], "hw:CARD=Device,DEV=0")
        self.assertEqual(report["cards"][0]["devices"][0]["use"], "free")

    def test_a_wish_that_nothing_fits_names_what_is_there(self):
        self.lab.add(**PHONE)
        self.start(microphone="card:Devise")
        failed = self.logged("microphone", "failed")
        self.assertEqual(
            failed["reason"], "there is no card card:Devise: here are Device (Speak 510, usb-path:1-1.2)")
        self.assertEqual(
            failed["advice"], "is it usb-id:0b0e:0420:A1? then: auricle sound use Device")


if __name__ == "__main__":
    unittest.main()
