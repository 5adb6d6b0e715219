"""Boots Debian's kernel in QEMU and puts the device's programs on its sound: see tools/guest."""

import argparse
import difflib
import json
import re
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "Tests/BlackBox"))

import answers  # noqa: E402
import opus  # noqa: E402
from programs import Bench, Gone, device_program, temporary_folder  # noqa: E402
from websocket import FakeAgent  # noqa: E402

MODULES = ["snd-dummy", "snd-aloop", "snd-usb-audio", "xhci-pci", "e1000"]
OPTIONS = {"snd-dummy": "pcm_substreams=1", "snd-aloop": "index=1 pcm_substreams=2"}
PROGRAMS = ["/usr/bin/aplay", "/usr/bin/arecord"]
# What plughw needs to convert rates as it does on a device.
PLUGINS = "/usr/lib/x86_64-linux-gnu/alsa-lib/libasound_module_rate_speexrate.so"
STATUS = "auricle status --socket /auricle/socket --json"
HOST = "10.0.2.2"
# Emulated, everything takes many times longer.
BOOT_SECONDS, STEP_SECONDS = 180, 120

INIT = """#!/bin/busybox sh
/bin/busybox --install -s /bin
export PATH=/bin:/usr/bin LD_LIBRARY_PATH=/usr/lib/x86_64-linux-gnu:/lib/x86_64-linux-gnu
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t devtmpfs dev /dev
while read module options; do insmod /modules/$module $options; done < /modules/order
ifconfig lo 127.0.0.1 up; ifconfig eth0 10.0.2.15 up; route add default gw 10.0.2.2
stty -F /dev/ttyS1 raw -echo
exec < /dev/ttyS1 > /dev/ttyS1 2>&1
echo READY
while read -r line; do eval "$line"; echo "DONE $?"; done
"""


def libraries(program):
    listed = subprocess.run(["ldd", program], capture_output=True, text=True).stdout
    return re.findall(r"(?:=> |^\s+)(/\S+)", listed, re.MULTILINE)


class Image:
    """The guest's initial ramdisk."""

    def __init__(self, folder, kernel):
        self.root = folder / "root"
        self.kernel = kernel
        shutil.rmtree(self.root, ignore_errors=True)
        for name in ("bin", "proc", "sys", "dev", "tmp", "etc", "modules", "usr/bin", "auricle/state"):
            (self.root / name).mkdir(parents=True)
        self.add(shutil.which("busybox"), "bin/busybox")
        (self.root / "init").write_text(INIT)
        (self.root / "init").chmod(0o755)
        (self.root / "etc/passwd").write_text("root:x:0:0:root:/:/bin/sh\n")
        shutil.copytree("/usr/share/alsa", self.root / "usr/share/alsa", symlinks=True)
        self._add_modules()

    def add(self, source, target):
        path = self.root / target
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, path)

    def add_program(self, source, name=None):
        self.add(source, f"usr/bin/{name or Path(source).name}")
        for library in libraries(source):
            self.add(library, library.lstrip("/"))

    def _add_modules(self):
        release = next((self.kernel / "lib/modules").iterdir()).name
        order = {}
        for name in MODULES:
            needed = subprocess.run(
                ["modprobe", "-d", self.kernel, "-S", release, "--show-depends", name],
                capture_output=True, text=True, check=True).stdout
            for path in re.findall(r"^insmod (\S+)", needed, re.MULTILINE):
                order[path] = OPTIONS.get(name, "") if Path(path).stem == name else ""
        for path in order:
            self.add(path, f"modules/{Path(path).name}")
        (self.root / "modules/order").write_text(
            "".join(f"{Path(path).name} {options}\n" for path, options in order.items()))

    def pack(self, path):
        subprocess.run(f"cd '{self.root}' && find . | cpio -o -H newc --quiet | gzip -1 > '{path}'", shell=True, check=True)


class Guest:
    """A running guest: its shell on one socket, QEMU's monitor on another."""

    def __init__(self, folder, kernel, image, bench):
        self.bench = bench
        shell, monitor = bench.folder / "shell", bench.folder / "monitor"
        self.log = folder / "console.log"
        vmlinuz = next((kernel / "boot").glob("vmlinuz-*"))
        self.qemu = bench.start(
            ["qemu-system-x86_64", "-accel", "tcg", "-m", 768, "-smp", 2, "-display", "none", "-no-reboot",
             "-kernel", vmlinuz, "-initrd", image, "-append", "console=ttyS0 quiet panic=-1",
             "-serial", f"file:{self.log}", "-serial", f"unix:{shell},server=on,wait=off",
             "-monitor", f"unix:{monitor},server=on,wait=off", "-nic", "user,model=e1000",
             "-audiodev", "none,id=air", "-device", "qemu-xhci,id=bus", "-device", "usb-audio,audiodev=air,id=speaker"],
            "qemu")
        self._shell, self._monitor = self._connect(shell), self._connect(monitor)
        self._shell.settimeout(BOOT_SECONDS)
        self._buffer = b""
        self._await("READY")

    @staticmethod
    def _connect(path):
        deadline = time.monotonic() + 30
        while True:
            stream = socket.socket(socket.AF_UNIX)
            try:
                stream.connect(str(path))
                return stream
            except OSError:
                stream.close()
                if time.monotonic() > deadline:
                    raise Gone("QEMU does not start") from None
                time.sleep(0.1)

    def _await(self, start):
        lines = []
        while True:
            while b"\n" not in self._buffer:
                try:
                    data = self._shell.recv(65_536)
                except TimeoutError:
                    raise Gone("the guest is silent; its console: " + self.log.read_text(errors="replace")[-2_000:]) from None
                if not data:
                    raise Gone("the guest is gone: " + self.log.read_text(errors="replace")[-2_000:])
                self._buffer += data
            line, _, self._buffer = self._buffer.partition(b"\n")
            text = line.decode(errors="replace").rstrip("\r")
            if text.startswith(start):
                return lines, text
            lines.append(text)

    def run(self, command, seconds=STEP_SECONDS):
        """The output of a line of shell."""
        self._shell.settimeout(seconds)
        self._shell.sendall(command.encode() + b"\n")
        lines, _ = self._await("DONE ")
        return "\n".join(lines)

    def monitor(self, command):
        self._monitor.sendall(command.encode() + b"\n")

    def await_text(self, command, pattern, seconds=STEP_SECONDS):
        deadline = time.monotonic() + seconds
        while not (found := re.search(pattern, text := self.run(command), re.MULTILINE)):
            if time.monotonic() > deadline:
                raise Gone(f"{command} never said {pattern}, but:\n{text}\n{self.run('tail -n 20 /auricle/log')}")
            time.sleep(0.2)
        return found


def probe(guest, renew):
    command = "echo snd_dummy.0 > /sys/bus/platform/drivers/snd_dummy/unbind &"
    text = guest.run(f"kernel_probe 0 '{command}'")
    if renew:
        answers.ANSWERS.write_text(text + "\n")
    expected = answers.comparable(answers.ANSWERS.read_text())
    found = answers.comparable(text)
    differences = [line for line in difflib.unified_diff(expected, found, "kept", "this kernel", lineterm="", n=1)]
    print(f"probe: {len(found)} answers, " + ("as they were kept" if not differences else "some are new:"))
    print("\n".join(differences))
    return not differences


def serve(connection, number):
    """An agent that answers every turn with two seconds of a tone."""
    packets = opus.tone(2_000)
    connection.welcome()
    sequence = 0
    while True:
        turn = connection.receive_json("turn.commit")["turn"]
        connection.send_json(type="response.start", response=turn, turn=turn)
        for place, packet in enumerate(packets):
            sequence += 1
            connection.send_sound(turn, sequence, packet, milliseconds=20 * place, first=place == 0)
        connection.send_json(type="response.end", response=turn, status="complete", audio_ms=2_000)


LOUDSPEAKERS = {"loopback": "plughw:Loopback,0,1", "usb": "plughw:CARD=Audio"}


def settings(bench, port, loudspeaker):
    return bench.settings({
        "agent": {"url": f"wss://{HOST}:{port}/auricle", "ca_file": "/auricle/authority.pem"},
        "device": {"state": "/auricle/state"},
        "sound": {"card": "alsa"},
        "alsa": {"microphone": "plughw:Loopback,1,0", "loudspeaker": LOUDSPEAKERS[loudspeaker], "buffer": "100 ms"},
        "control": {"socket": "/auricle/socket"},
        "interrupt": {"enabled": "no"},
    }, f"{loudspeaker}.conf")


def status(guest):
    return json.loads(guest.run(STATUS))


def converse(guest):
    """Somebody speaks into the room, until the daemon has answered."""
    before = int(status(guest)["replies"])
    guest.run("aplay -q -D plughw:Loopback,0,0 /auricle/voice.wav")
    guest.await_text(STATUS, rf'"replies":\s*"?{before + 1}\b')
    guest.await_text(STATUS, r'"state":\s*"idle"')


def show(what, facts):
    names = ("state", "sound", "frames", "underruns", "overruns", "turns", "replies", "drift_ppm", "fault")
    print(f"{what}: " + ", ".join(f"{name} {facts[name]}" for name in names if facts.get(name)))


IDLE = r'"state":\s*"idle"'


def start(guest, loudspeaker):
    guest.run(f"auricled --config /auricle/{loudspeaker}.conf > /auricle/log 2>&1 & echo $! > /auricle/pid")
    guest.await_text(STATUS, IDLE)
    show(f"started on {loudspeaker}", status(guest))


def stop(guest):
    guest.run("kill $(cat /auricle/pid)")
    guest.await_text("ls -d /proc/$(cat /auricle/pid) 2>&1", "No such")


def rest(guest, seconds):
    """A conversation and a rest on the loopback card: both of its directions have one clock."""
    start(guest, "loopback")
    converse(guest)
    first = status(guest)
    show("after a conversation", first)
    time.sleep(seconds)
    last = status(guest)
    lost = [int(last[name]) - int(first[name]) for name in ("underruns", "overruns", "frames")]
    print(f"in {seconds} s of rest: {lost[0]} underruns, {lost[1]} overruns, {lost[2]} frames")
    stop(guest)


def replug(guest):
    """QEMU's loudspeaker plays some percent too slowly, and can be pulled."""
    guest.await_text("cat /proc/asound/cards", r"\[Audio ")
    start(guest, "usb")
    converse(guest)
    show("after a conversation", status(guest))
    guest.monitor("device_del speaker")
    guest.await_text(STATUS, r'"fault":\s*"[^"]')
    show("loudspeaker pulled", status(guest))
    guest.monitor("device_add usb-audio,audiodev=air,id=speaker")
    guest.await_text(STATUS, IDLE)
    guest.await_text(STATUS, r'"fault":\s*""')
    show("plugged in again", status(guest))
    converse(guest)
    show("after another conversation", status(guest))
    stop(guest)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--probe-only", action="store_true")
    parser.add_argument("--renew", action="store_true")
    options = parser.parse_args()
    bench = Bench(temporary_folder())
    kernel = options.folder / "kernel"
    agent = None
    try:
        image = Image(options.folder, kernel)
        for path in PROGRAMS:
            image.add_program(path)
        image.add_program(answers.build_probe(options.folder))
        if not options.probe_only:
            agent = FakeAgent(*bench.certificates.server(names=f"DNS:localhost,IP:{HOST}"), serve)
            for variable, name in (("AURICLE_DAEMON", "auricled"), ("AURICLE_CLI", "auricle")):
                image.add_program(device_program(variable)[-1], name)
            image.add(PLUGINS, PLUGINS.lstrip("/"))
            for library in libraries(PLUGINS):
                image.add(library, library.lstrip("/"))
            image.add(bench.certificates.authority, "auricle/authority.pem")
            for loudspeaker in LOUDSPEAKERS:
                image.add(settings(bench, agent.port, loudspeaker), f"auricle/{loudspeaker}.conf")
            image.add(bench.voice("what are your opening hours"), "auricle/voice.wav")
        image.pack(options.folder / "initrd.gz")
        started = time.monotonic()
        guest = Guest(options.folder, kernel, options.folder / "initrd.gz", bench)
        print(f"kernel {guest.run('uname -r')} after {time.monotonic() - started:.0f} s, cards:")
        print(guest.run("cat /proc/asound/cards"))
        is_right = True
        if not options.probe_only:
            rest(guest, options.seconds)
            replug(guest)
        is_right = probe(guest, options.renew)
    finally:
        if agent:
            agent.close()
        bench.close()
        shutil.rmtree(bench.folder, ignore_errors=True)
    return 0 if is_right else 1


if __name__ == "__main__":
    sys.exit(main())
