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
    # 50 % is -18 dB).
    ECHO_VOLUME = "50%"

    def __init__(self, bench):
        self.folder = bench.folder / "sound"
        self.folder.mkdir()
        self.socket = self.folder / "pulse.sock"
        script = self.folder / "pulse.pa"
        script.write_text(
            "load-module module-null-sink sink_name=speaker rate=48000 channels=1\n"
            "load-module module-null-sink sink_name=room rate=48000 channels=1\n"
            "load-module module-loopback source=speaker.monitor sink=room latency_msec=30"
            " source_dont_move=true sink_dont_move=true\n"
            f"load-module module-native-protocol-unix auth-anonymous=1 socket={self.socket}\n")
        self.environment = {
            "HOME": str(self.folder),
            "XDG_RUNTIME_DIR": str(self.folder),
            "PULSE_SERVER": f"unix:{self.socket}",
            "ALSA_CONFIG_PATH": str(self._alsa_configuration()),
        }
        bench.start(
            ["pulseaudio", "-n", "-F", script, "--exit-idle-time=-1", "--use-pid-file=no",
             "--disallow-exit", "--daemonize=no", "--log-target=stderr"],
            "pulseaudio", self.environment)
        self.bench = bench
        self._await_server()
        self._set_echo()

    def _alsa_configuration(self):
        path = self.folder / "asound.conf"
        path.write_text(
            "</usr/share/alsa/alsa.conf>\n"
            f'pcm.microphone {{ type pulse server "unix:{self.socket}" device room.monitor }}\n'
            f'pcm.loudspeaker {{ type pulse server "unix:{self.socket}" device speaker }}\n')
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
        loopback = self._pactl("list", "short", "sink-inputs").stdout.split()[0]
        done = self._pactl("set-sink-input-volume", loopback, self.ECHO_VOLUME)
        if done.returncode != 0:
            raise Gone(f"PulseAudio refuses the echo's volume: {done.stderr}")

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
