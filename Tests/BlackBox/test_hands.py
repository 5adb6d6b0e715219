"""What people reach with their hands: mute, volume, buttons and lights, on cards of the sound lab."""

import time
import unittest

import cards
import opus
from mixers import Switch, Volume
from programs import SECONDS, BlackBoxTest, Gone
from trouble import answering
from websocket import FakeAgent

USB = {"id": "Device", "usb": "1-1.2", "vendor": "2886", "product": "0018"}
SPEAKER = "Speaker Playback Volume"


def await_(what, true, seconds=SECONDS):
    """Looks until it is so."""
    deadline = time.monotonic() + seconds
    while not true():
        if time.monotonic() > deadline:
            raise Gone(f"not within {seconds:.0f} s: {what}")
        time.sleep(0.005)


@unittest.skipUnless(cards.has_lab(), "gcc is missing, or an emulator runs the programs")
class HandsTest(BlackBoxTest):
    MIXER = ()

    def setUp(self):
        super().setUp()
        self.lab = cards.Lab(self.bench)
        self.card = self.lab.add(
            number=1, **USB, playback={"channels": 2}, capture={"channels": 1}, mixer=self.MIXER)
        self.card.hears(self.card, delay_ms=5.0, gain=-26.0)
        self.replies = 2.0

    def agent(self):
        serve = answering(opus.tone(int(self.replies * 1_000)))
        agent = FakeAgent(*self.bench.certificates.server(), serve)
        self.addCleanup(agent.close)
        return agent

    def start(self, state="idle", **changes):
        port = self.agent().port
        settings = {
            "sound": {"card": "alsa"},
            "alsa": {"microphone": "plughw:CARD=Device", "loudspeaker": "plughw:CARD=Device"},
            "interrupt": {"enabled": "no"}}
        for section, keys in changes.items():
            settings.setdefault(section, {}).update(keys)
        self.settings = self.bench.usual(port, **settings)
        return self.again(state)

    def again(self, state="idle"):
        self.daemon = self.bench.daemon(self.settings, environment=self.lab.environment)
        watch = self.bench.watch()
        watch.await_event("state", state=state)
        return watch

    def ask(self, request, **fields):
        control = self.bench.control()
        try:
            return control.ask(request, **fields)
        finally:
            control.close()

    def speak(self, watch, state="speaking"):
        after = len(watch.events)
        self.lab.say(self.bench.voice("what are your opening hours"))
        watch.await_event("state", state=state, after=after)

    def await_closed(self):
        await_("the microphone is closed", lambda: self.card.state("capture") is None)

    def await_open(self):
        await_("the microphone runs", lambda: self.card.state("capture") == "running")


class MuteTest(HandsTest):
    def test_a_mute_closes_the_microphone_and_the_loudspeaker_plays_on(self):
        self.replies = 4.0
        watch = self.start()
        self.speak(watch)
        after = len(watch.events)
        self.assertEqual(self.ask("mute", muted="yes")["muted_by"], "command")
        self.await_closed()
        self.assertEqual(self.card.state("playback"), "running")
        watch.await_event("state", state="muted", after=after)
        watch.await_event("reply", phase="drained", after=after)
        status = self.bench.status()
        self.assertEqual((status["muted"], status["muted_by"], status["fault"]), ("yes", "command", ""))
        # Nobody is heard, and a cue still is.
        self.lab.say(self.bench.voice("what are your opening hours"))
        self.assertEqual(self.ask("cue", cue="listening")["error"], "0")
        after = len(watch.events)
        started = time.monotonic()
        self.assertEqual(self.ask("mute", muted="no")["muted"], "no")
        self.await_open()
        self.assertLess(time.monotonic() - started, 1)
        watch.await_event("state", state="idle", after=after)
        self.assertEqual(self.bench.status()["turns"], "1")
        self.lab.hush()
        self.speak(watch)

    def test_what_was_being_said_is_taken_back(self):
        watch = self.start()
        self.speak(watch, state="listening")
        after = len(watch.events)
        self.ask("mute", muted="yes")
        watch.await_event("turn", phase="cancelled", reason="muted", after=after)
        self.await_closed()

    def test_it_stays_muted_over_a_restart_and_never_opens_the_microphone(self):
        self.start()
        self.ask("mute", muted="yes")
        self.await_closed()
        runs = len((self.card.folder / "heard.log").read_text().splitlines())
        # Whoever pulls the plug finds it as it was left, too.
        self.daemon.kill()
        watch = self.again("muted")
        self.assertEqual(self.bench.status()["muted_by"], "command")
        watch.await_event("stats", after=len(watch.events))
        watch.await_event("stats", after=len(watch.events))
        self.assertIsNone(self.card.state("capture"))
        self.assertEqual(len((self.card.folder / "heard.log").read_text().splitlines()), runs)
        self.ask("mute", muted="no")
        self.await_open()
        self.assertEqual(self.daemon.stop(), 0)
        self.again()
        self.await_open()

    def test_settings_say_whether_a_start_is_muted(self):
        self.start("muted", sound={"mute_at_start": "on"})
        self.assertEqual(self.bench.status()["muted_by"], "start")
        self.assertEqual(self.daemon.stop(), 0)
        self.settings["sound"]["mute_at_start"] = "off"
        self.again()
        self.await_open()

    def test_a_state_that_cannot_be_read_is_a_mute(self):
        (self.bench.folder / "as-left").write_text("muted=no\nvol")
        self.start("muted")
        self.assertEqual(self.bench.status()["muted_by"], "start")

    def test_a_mute_while_the_card_is_gone_holds_when_it_is_back(self):
        watch = self.start()
        self.card.unplug()
        watch.await_event("state", state="fault")
        self.ask("mute", muted="yes")
        after = len(watch.events)
        self.card.plug(number=3)
        watch.await_event("sound", phase="opened", half="loudspeaker", after=after)
        watch.await_event("stats", after=len(watch.events))
        self.assertIsNone(self.card.state("capture"))
        self.ask("mute", muted="no")
        self.await_open()
        watch.await_event("state", state="idle", after=after)


class SwitchTest(HandsTest):
    def setUp(self):
        super().setUp()
        self.switch = self.lab.add_buttons("privacy", switches=["SW_MUTE_DEVICE"])

    def test_a_switch_that_is_on_at_the_start_keeps_the_microphone_closed(self):
        self.switch.switch("SW_MUTE_DEVICE", True)
        watch = self.start("muted")
        self.assertEqual(self.bench.status()["muted_by"], "switch")
        reply = self.ask("mute", muted="no")
        self.assertIn("switch of 'privacy' is on", reply["error"])
        watch.await_event("stats")
        self.assertFalse((self.card.folder / "heard.log").exists()
                         and (self.card.folder / "heard.log").read_text())
        self.switch.switch("SW_MUTE_DEVICE", False)
        self.await_open()
        self.assertEqual(self.bench.status()["muted"], "no")

    def test_it_has_the_last_word_and_a_mute_of_before_holds_after_it(self):
        watch = self.start()
        self.ask("mute", muted="yes")
        after = len(watch.events)
        self.switch.switch("SW_MUTE_DEVICE", True)
        watch.await_event("microphone", muted_by="switch", after=after)
        self.switch.switch("SW_MUTE_DEVICE", False)
        watch.await_event("microphone", muted_by="command", after=after)
        self.await_closed()

    def test_one_that_is_pulled_out_while_it_is_on_can_be_overruled(self):
        watch = self.start()
        self.switch.switch("SW_MUTE_DEVICE", True)
        watch.await_event("microphone", muted_by="switch")
        self.switch.unplug()
        watch.await_event("microphone", muted_by="lost-switch")
        self.assertEqual(self.ask("mute", muted="no")["error"], "0")
        self.await_open()

    def test_one_that_comes_back_says_how_it_stands(self):
        watch = self.start()
        self.switch.switch("SW_MUTE_DEVICE", True)
        watch.await_event("microphone", muted_by="switch")
        self.switch.unplug()
        watch.await_event("microphone", muted_by="lost-switch")
        after = len(watch.events)
        self.switch.switch("SW_MUTE_DEVICE", False)
        self.switch.plug()
        watch.await_event("microphone", after=after, muted="no", muted_by="")
        self.await_open()


class ButtonTest(HandsTest):
    def buttons(self, **options):
        return self.lab.add_buttons(
            "speakerphone", ["KEY_VOLUMEUP", "KEY_VOLUMEDOWN", "KEY_MICMUTE", "KEY_VOICECOMMAND", "KEY_STOPCD"],
            bus="usb", **options)

    def test_a_speakerphone_that_is_plugged_in_later_just_works(self):
        watch = self.start()
        phone = self.buttons()
        await_("its buttons are read", lambda: phone.listeners == 1)
        phone.press("KEY_VOLUMEUP")
        watch.await_event("volume", volume="75")
        phone.press("KEY_VOLUMEDOWN")
        phone.press("KEY_VOLUMEDOWN")
        watch.await_event("volume", volume="65")
        phone.press("KEY_MICMUTE")
        watch.await_event("microphone", muted_by="button")
        self.await_closed()
        phone.press("KEY_MICMUTE")
        self.await_open()
        phone.press("KEY_VOICECOMMAND")
        watch.await_event("state", state="listening", reason="button")
        phone.press("KEY_STOPCD")
        watch.await_event("state", state="idle", reason="stopped")
        self.assertEqual(self.bench.status()["buttons"], "speakerphone")
        phone.unplug()
        self.daemon.await_line("buttons of=speakerphone lost")
        phone.plug(number=7)
        await_("its buttons are read again", lambda: phone.listeners == 1)
        phone.press("KEY_VOLUMEUP")
        watch.await_event("volume", volume="70")

    def test_a_volume_button_that_is_held_goes_on_and_ends_with_the_device(self):
        phone = self.buttons()
        watch = self.start()
        phone.down("KEY_VOLUMEDOWN")
        watch.await_event("volume", volume="0")
        phone.press("KEY_VOLUMEUP")
        phone.down("KEY_VOLUMEUP")
        watch.await_event("volume", volume="15")
        phone.unplug()
        self.daemon.await_line("buttons of=speakerphone lost")
        before = self.bench.status()["volume"]
        watch.await_event("stats", after=len(watch.events))
        self.assertEqual(self.bench.status()["volume"], before)

    def test_push_to_talk_is_a_turn_while_it_is_held(self):
        phone = self.buttons()
        watch = self.start(talk={"mode": "push"})
        after = len(watch.events)
        # Somebody who speaks without it is not heard.
        _, end = self.lab.say(self.bench.voice("what are your opening hours"))
        await_("it was said", lambda: time.monotonic_ns() > end)
        phone.down("KEY_VOICECOMMAND")
        watch.await_event("turn", phase="started", cause="button", turn="1", after=after)
        _, end = self.lab.say(self.bench.voice("what are your opening hours"))
        await_("it was said", lambda: time.monotonic_ns() > end)
        self.assertEqual(self.bench.status()["state"], "listening")
        phone.up("KEY_VOICECOMMAND")
        watch.await_event("turn", phase="committed", reason="button", after=after)
        watch.await_event("state", state="speaking", after=after)
        phone.down("KEY_VOICECOMMAND")
        watch.await_event("turn", phase="started", turn="2", after=after)
        watch.await_event("reply", phase="dropped", after=after)

    def test_only_the_device_that_is_named_is_read_and_no_other_key_of_it(self):
        keyboard = self.lab.add_buttons("keyboard", ["KEY_A", "KEY_S", "KEY_MICMUTE"])
        panel = self.lab.add_buttons("panel", ["KEY_A", "KEY_F13"], plugged=False)
        watch = self.start(buttons={"device": "panel", "stop": "KEY_F13"})
        self.daemon.await_line("buttons device=panel is not there yet")
        panel.plug()
        await_("its buttons are read", lambda: panel.listeners == 1)
        self.assertEqual(keyboard.listeners, 0)
        keyboard.press("KEY_MICMUTE")
        panel.press("KEY_A")
        panel.chatter()
        after = len(watch.events)
        self.speak(watch, state="listening")
        panel.press("KEY_F13")
        watch.await_event("state", state="idle", reason="stopped", after=after)
        self.assertNotIn("KEY", self.daemon.output)
        self.assertEqual(self.bench.status()["muted"], "no")


class VolumeTest(HandsTest):
    # A USB speaker of 1 dB steps that came switched off.
    MIXER = (
        Volume("PCM Playback", steps=60, decibels=(-60.0, 0.0)),
        Volume("Speaker Playback", steps=37, decibels=(-37.0, 0.0), channels=2),
        Switch("Speaker Playback", value=0), Volume("Mic Capture", steps=10))

    def test_the_card_does_it_and_what_it_cannot_is_done_in_software(self):
        watch = self.start(speaker={"volume": "50"})
        mixer = self.card.mixer
        self.assertEqual((mixer[SPEAKER], mixer["Speaker Playback Switch"]), (17, 1))
        self.assertEqual(mixer["PCM Playback Volume"], 60)
        self.assertEqual(self.bench.status()["volume_by"], "Speaker of hw:1")
        # 22 dB down is 15 of its steps; 40 dB down it ends three short.
        self.assertEqual(self.ask("volume", volume="45")["volume"], "45")
        await_("the card obeys", lambda: mixer[SPEAKER] == 15)
        self.assertEqual(self.ask("volume", step="-45")["volume"], "0")
        await_("the card obeys", lambda: mixer[SPEAKER] == 0)
        # Somebody turns the card's own knob.
        after = len(watch.events)
        mixer[SPEAKER] = 27
        watch.await_event("volume", volume="75", after=after)
        self.assertEqual(mixer[SPEAKER], 27)

    def test_it_is_remembered_until_the_setting_is_changed(self):
        self.start()
        self.ask("volume", volume="30", cues="55")
        self.assertEqual(self.daemon.stop(), 0)
        self.again()
        status = self.bench.status()
        self.assertEqual((status["volume"], status["cues"]), ("30", "55"))
        self.assertEqual(self.card.mixer[SPEAKER], 9)
        self.assertEqual(self.daemon.stop(), 0)
        self.settings.setdefault("speaker", {})["volume"] = "90"
        self.again()
        status = self.bench.status()
        self.assertEqual((status["volume"], status["cues"]), ("90", "55"))

    def test_without_a_mixer_it_is_done_in_software(self):
        watch = self.start(speaker={"mixer": "off", "volume": "50"})
        self.assertEqual(self.bench.status()["volume_by"], "software")
        self.assertEqual(self.card.mixer[SPEAKER], 37)
        self.speak(watch)
        watch.await_event("reply", phase="drained")
        loudest = max(self.card.played().channel())
        self.ask("volume", volume="100")
        after = len(watch.events)
        self.speak(watch)
        watch.await_event("reply", phase="drained", after=after)
        ratio = max(self.card.played().channel()) / loudest
        self.assertTrue(9 < ratio < 11, ratio)

    def test_a_knob_that_is_turned_while_an_answer_plays_glides(self):
        self.replies = 3.0
        watch = self.start()
        self.speak(watch)
        watch.await_event("reply", phase="first_sound")
        before = self.card.mixer.changes(SPEAKER)
        self.assertEqual(self.card.mixer[SPEAKER], 25)
        self.ask("volume", volume="30")
        await_("the card obeys", lambda: self.card.mixer[SPEAKER] == 9)
        # Every step on the way, on both channels.
        self.assertEqual(self.card.mixer.changes(SPEAKER) - before, 32)


class LightTest(HandsTest):
    def test_lights_show_what_it_does_and_the_mute_is_the_microphones_own(self):
        status = self.lab.add_light("board:status", most=255)
        self.lab.add_light("board:mute", most=1, triggers=("none", "heartbeat"))
        mute = self.lab.add_light("usr0", most=1)
        watch = self.start("idle", lights={"status": "board:status", "mute": "usr0"})
        await_("idle is dim", lambda: 0 < status.level < 20)
        quiet = len(status.diary())
        self.speak(watch, state="listening")
        await_("listening is bright", lambda: status.level == 255)
        watch.await_event("state", state="speaking")
        await_("speaking is steady", lambda: status.level == 153)
        self.assertGreater(len(status.diary()), quiet + 1)
        self.assertEqual(mute.level, 0)
        self.ask("mute", muted="yes")
        await_("the mute light is on", lambda: mute.level == 1)
        self.assertIsNone(self.card.state("capture"))
        self.ask("mute", muted="no")
        await_("the mute light is off", lambda: mute.level == 0)
        self.assertEqual(self.daemon.stop(), 0)
        self.assertEqual(status.level, 0)

    def test_a_light_in_colours_that_is_plugged_in_later(self):
        watch = self.start(lights={"status": "ring", "brightness": "50 %"})
        light = self.lab.add_light("ring", most=200, colours=("green", "red", "blue"))
        await_("it is found", lambda: light.level > 0)
        self.speak(watch, state="listening")
        await_("it shows", lambda: light.level == 100)
        self.assertEqual(light.read("multi_intensity"), "80 0 200")
        light.unplug()
        after = len(watch.events)
        self.ask("stop")
        watch.await_event("state", state="idle", after=after)
        light.plug()
        await_("it is found again", lambda: light.level > 0)
        self.assertEqual(light.read("multi_intensity"), "200 200 200")

    def test_a_steady_light_is_written_once(self):
        status = self.lab.add_light("status")
        watch = self.start(lights={"status": "status"})
        await_("idle is dim", lambda: status.level == 10)
        before = len(status.diary())
        for _ in range(2):
            watch.await_event("stats", after=len(watch.events))
        self.assertEqual(len(status.diary()), before)


if __name__ == "__main__":
    unittest.main()
