"""A PulseAudio of our own: the nearest thing to a sound card on a machine without one.

Two null sinks, both clocked in real time: `speaker` is what the device plays into, and the monitor
of `room` is its microphone. A loopback from one to the other is the echo; a visitor speaks by
playing into `room`.
"""

import subprocess
import time

from programs import SECONDS, Gone


class SoundServer:
    # How much quieter the loudspeaker arrives in the microphone, in PulseAudio's percent (cubic:
    # 30 % is -31 dB). The plugin's echo is later than any room's: a louder one would be a visitor.
    ECHO_VOLUME = "30%"
    ECHO = ("module-loopback source=speaker.monitor sink=room latency_msec=30"
            " source_dont_move=true sink_dont_move=true")

    def __init__(self, bench):
        self.folder = bench.folder / "sound"
        self.folder.mkdir()
        self.socket = self.folder / "pulse.sock"
        self.bench = bench
        self.environment = {
            "HOME": str(self.folder),
            "XDG_RUNTIME_DIR": str(self.folder),
            "PULSE_SERVER": f"unix:{self.socket}",
            "ALSA_CONFIG_PATH": str(self._alsa_configuration()),
        }
        self.start()

    def start(self):
        script = self.folder / "pulse.pa"
        script.write_text(
            f"load-module {self._sink('speaker')}\n"
            f"load-module {self._sink('room')}\n"
            f"load-module {self.ECHO}\n"
            f"load-module module-native-protocol-unix auth-anonymous=1 socket={self.socket}\n")
        self.socket.unlink(missing_ok=True)
        self.server = self.bench.start(
            ["pulseaudio", "-n", "-F", script, "--exit-idle-time=-1", "--use-pid-file=no",
             "--disallow-exit", "--daemonize=no", "--log-target=stderr"],
            "pulseaudio", self.environment)
        self._await_server()
        self._set_echo()

    def kill(self):
        self.server.kill()

    def pull_out(self):
        """Takes the card away. Both halves: PulseAudio would move the streams of one to the other."""
        modules = self._pactl("list", "short", "modules").stdout.splitlines()
        for wanted in ("module-loopback", "module-null-sink"):
            for module in modules:
                if wanted in module:
                    self._order("unload-module", module.split("\t")[0])

    def plug_in(self):
        for module in (self._sink("speaker"), self._sink("room"), self.ECHO):
            self._order("load-module", *module.split())
        self._set_echo()

    def suspend(self, sink, is_suspended):
        """As whoever owns the session does when the card is needed elsewhere."""
        self._order("suspend-sink", sink, "1" if is_suspended else "0")

    @staticmethod
    def _sink(name):
        return f"module-null-sink sink_name={name} rate=48000 channels=1"

    def _order(self, *arguments):
        done = self._pactl(*arguments)
        if done.returncode != 0:
            raise Gone(f"PulseAudio refuses {arguments}: {done.stderr}")

    def _alsa_configuration(self):
        path = self.folder / "asound.conf"
        path.write_text(
            "</usr/share/alsa/alsa.conf>\n"
            f'pcm.microphone {{ type pulse server "unix:{self.socket}" device room.monitor }}\n'
            # Else the plugin hides from the daemon that it ran dry.
            f'pcm.loudspeaker {{ type pulse server "unix:{self.socket}" device speaker'
            ' handle_underrun 1 }\n')
        return path

    def _pactl(self, *arguments):
        return subprocess.run(
            ["pactl", *arguments], env=self._environment(), capture_output=True, text=True)

    def _environment(self):
        return {"PATH": "/usr/bin:/bin", **self.environment}

    def _await_server(self):
        deadline = time.monotonic() + SECONDS
        while self._pactl("list", "short", "sink-inputs").stdout.strip() == "":
            if time.monotonic() > deadline:
                raise Gone("PulseAudio does not come up: " + self.bench.running[-1].output[-2000:])
            time.sleep(0.02)

    def _set_echo(self):
        for stream in self._pactl("list", "short", "sink-inputs").stdout.splitlines():
            number, _, client, driver = stream.split("\t")[:4]
            if "loopback" in driver:
                self._order("set-sink-input-volume", number, self.ECHO_VOLUME)

    def say(self, sound):
        """Plays a WAV file into the room, to its end."""
        subprocess.run(
            ["paplay", "--device=room", str(sound)], env=self._environment(), check=True,
            timeout=SECONDS)

    def record(self, source, path):
        """Starts recording a sink's monitor; end it with `stop`."""
        return self.bench.start(
            ["parecord", f"--device={source}.monitor", "--file-format=wav", "--rate=16000",
             "--channels=1", path], f"record-{source}", self.environment)
