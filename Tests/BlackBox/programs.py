"""Runs the built programs as a user would: shared by the black-box tests and the measuring tools.

Which programs is decided by the environment that tools/black-box sets:

    AURICLE_DAEMON, AURICLE_CLI    paths of the device's programs
    AURICLE_AGENT, AURICLE_DEMO    paths of the regular ones
    AURICLE_RUN                    what the device's programs are run with (an emulator)
    AURICLE_PATIENCE               how many times longer than usual to wait (1)
    AURICLE_KEEP                   set: the folder of a failed test is kept
"""

import os
import random
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path

PATIENCE = float(os.environ.get("AURICLE_PATIENCE", "1"))
# Long enough for a slow, busy machine; a test that passes never waits this long.
SECONDS = 30 * PATIENCE


class Gone(AssertionError):
    """What was awaited did not come."""


def process_facts(process):
    """KiB that are resident, and how many descriptors are open."""
    place = Path(f"/proc/{process}")
    resident = re.search(r"VmRSS:\s+(\d+)", (place / "status").read_text())
    return int(resident[1]), len(os.listdir(place / "fd"))


class Program:
    """A running program whose output is kept, line by line, with the time at which it came."""

    def __init__(self, arguments, log, environment=None, descriptors=()):
        self.name = Path(arguments[0]).name
        self.log = Path(log)
        self.lines = []
        self.started = time.monotonic()
        self.process = subprocess.Popen(
            [str(argument) for argument in arguments],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env=environment, pass_fds=descriptors,
        )
        self._changed = threading.Condition()
        self._ended = False
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        with self.log.open("ab") as log:
            for line in self.process.stdout:
                log.write(line)
                log.flush()
                with self._changed:
                    self.lines.append((time.monotonic(), line.decode("utf-8", "replace").rstrip("\n")))
                    self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    @property
    def output(self):
        with self._changed:
            return "\n".join(line for _, line in self.lines)

    @property
    def identifier(self):
        return self.process.pid

    def is_running(self):
        return self.process.poll() is None

    def await_line(self, pattern, seconds=SECONDS, after=0):
        """The time and the match of the first line, from the `after`th on, that the pattern finds."""
        deadline = time.monotonic() + seconds
        number = after
        with self._changed:
            while True:
                while number < len(self.lines):
                    when, line = self.lines[number]
                    match = re.search(pattern, line)
                    if match:
                        return when, match
                    number += 1
                left = deadline - time.monotonic()
                if self._ended or left <= 0:
                    why = "ended" if self._ended else f"said nothing for {seconds:.0f} s"
                    raise Gone(f"{self.name} {why} without saying {pattern!r}; it said:\n" +
                               "\n".join(line for _, line in self.lines[-30:]))
                self._changed.wait(left)

    def finish(self, seconds=SECONDS):
        """Awaits its end; the exit code, negative for a signal."""
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise Gone(f"{self.name} did not end within {seconds:.0f} s; it said:\n{self.output[-3000:]}") from None
        self._reader.join(SECONDS)
        return code

    def send(self, number):
        self.process.send_signal(number)

    def stop(self, number=signal.SIGTERM, seconds=SECONDS):
        if self.is_running():
            self.send(number)
        return self.finish(seconds)

    def kill(self):
        if self.is_running():
            self.process.kill()
        self.process.wait()
        self._reader.join(SECONDS)
        self.process.stdout.close()


class Control:
    """The daemon's control socket: blocks of key=value lines, ended by a blank one."""

    def __init__(self, path, seconds=SECONDS):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(seconds)
        self.buffer = b""
        try:
            self.socket.connect(str(path))
        except OSError:
            self.socket.close()
            raise

    def close(self):
        self.socket.close()

    def send(self, **fields):
        text = "".join(f"{key}={self._escape(str(value))}\n" for key, value in fields.items())
        self.socket.sendall(text.encode() + b"\n")

    def block(self, seconds=SECONDS):
        """The next block, as a dictionary; None when the daemon hung up."""
        deadline = time.monotonic() + seconds
        while b"\n\n" not in self.buffer:
            left = deadline - time.monotonic()
            if left <= 0:
                raise Gone(f"nothing came over the control socket for {seconds:.0f} s")
            self.socket.settimeout(left)
            try:
                more = self.socket.recv(65536)
            except socket.timeout:
                continue
            except ConnectionResetError:
                return None
            if not more:
                return None
            self.buffer += more
        block, self.buffer = self.buffer.split(b"\n\n", 1)
        fields = {}
        for line in block.decode().split("\n"):
            if line:
                key, value = line.split("=", 1)
                fields[key] = self._unescape(value)
        return fields

    def ask(self, request, **fields):
        self.send(request=request, **fields)
        return self.block()

    @staticmethod
    def _escape(value):
        return value.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r")

    @staticmethod
    def _unescape(value):
        return re.sub(r"\\(.)", lambda m: {"n": "\n", "r": "\r", "0": "\0"}.get(m[1], m[1]), value)


class Watch(Control):
    """Follows the daemon's events; each is kept, so that nothing awaited can be missed."""

    def __init__(self, path, words=True, levels=False):
        super().__init__(path)
        self.events = []
        reply = self.ask("watch", words="yes" if words else "no", levels="yes" if levels else "no")
        if reply is None or reply.get("error") != "0":
            raise Gone(f"the daemon does not let us watch: {reply}")

    def _next(self, seconds):
        event = self.block(seconds)
        if event is not None:
            self.events.append(event)
        return event

    def await_event(self, kind, seconds=SECONDS, after=0, **wanted):
        """The first event of that kind, from the `after`th on, whose fields are as wanted.

        A wanted value may be a text, or a function of the text that says yes or no.
        """
        deadline = time.monotonic() + seconds
        number = after
        while True:
            while number < len(self.events):
                event = self.events[number]
                number += 1
                if event.get("event") == kind and all(
                    value(event.get(key, "")) if callable(value) else event.get(key) == str(value)
                    for key, value in wanted.items()
                ):
                    return event
            left = deadline - time.monotonic()
            if left <= 0 or self._next(left) is None:
                recent = "\n".join(str(event) for event in self.events[-15:])
                raise Gone(f"no event {kind} {wanted} within {seconds:.0f} s; the last were:\n{recent}")


class Certificates:
    """A certificate authority of our own, and server certificates good and bad."""

    def __init__(self, folder, environment=None):
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.environment = {**os.environ, **(environment or {})}
        self.authority = self._authority("authority")

    def _openssl(self, *arguments):
        done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True, env=self.environment)
        if done.returncode != 0:
            raise RuntimeError(f"openssl {arguments[0]}: {done.stderr}")

    def _authority(self, name):
        certificate = self.folder / f"{name}.pem"
        self._openssl(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-keyout", self.folder / f"{name}.key", "-out", certificate,
            "-subj", f"/CN=Auricle test {name}", "-days", 400)
        return certificate

    def other_authority(self):
        return self._authority("other-authority")

    def self_signed(self):
        """Certificate and key of a server that nobody vouches for."""
        certificate = self._authority("self-signed")
        return certificate, certificate.with_suffix(".key")

    def pin(self, certificate):
        """The pin of a certificate's key, as agent.pin takes it."""
        line = (f"openssl x509 -in {shlex.quote(str(certificate))} -pubkey -noout"
                " | openssl pkey -pubin -outform der | openssl dgst -sha256 -binary | base64")
        return subprocess.run(line, shell=True, check=True, capture_output=True, text=True).stdout.strip()

    def server(self, name="server", names="DNS:localhost,IP:127.0.0.1", days=2):
        """Certificate and key of a server; with days below 0 it has run out."""
        certificate, key = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        request, extensions = self.folder / f"{name}.csr", self.folder / f"{name}.ext"
        extensions.write_text(f"subjectAltName={names}\n")
        self._openssl(
            "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
            "-keyout", key, "-out", request, "-subj", f"/CN={name}")
        self._openssl(
            "x509", "-req", "-in", request, "-CA", self.authority,
            "-CAkey", self.authority.with_suffix(".key"), "-CAcreateserial",
            "-days", days, "-extfile", extensions, "-out", certificate)
        return certificate, key


def free_port():
    """A port nobody has, and below those that the kernel hands out: whoever lets it go for a while
    gets it back."""
    while True:
        port = random.randrange(18_000, 32_000)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


class Bench:
    """A folder with certificates, and the programs started in it."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.running = []
        self._controls = []
        self._certificates = None

    @property
    def certificates(self):
        if self._certificates is None:
            self._certificates = Certificates(self.folder / "certificates")
        return self._certificates

    @property
    def socket(self):
        return self.folder / "control.sock"

    def close(self):
        for control in self._controls:
            control.close()
        for program in self.running:
            program.kill()

    def start(self, arguments, name, environment=None):
        number = sum(program.log.name.startswith(name) for program in self.running)
        log = self.folder / f"{name}{number or ''}.log"
        program = Program(arguments, log, {**os.environ, **(environment or {})})
        self.running.append(program)
        return program

    def settings(self, sections, name="auricle.conf"):
        """Writes a settings file: {section: {key: value}}."""
        path = self.folder / name
        path.write_text("".join(
            f"[{section}]\n" + "".join(f"{key} = {value}\n" for key, value in keys.items())
            for section, keys in sections.items()
        ))
        return path

    def usual(self, port=None, **changes):
        """Settings of a daemon in a simulated room; `changes` are sections to merge."""
        sections = {
            "agent": {
                "url": f"wss://localhost:{port or free_port()}/auricle",
                "ca_file": self.certificates.authority,
            },
            "device": {"state": self.folder},
            "sound": {"card": "room"},
            "link": {"longest_wait": "1 s"},
            "control": {"socket": self.socket},
        }
        for section, keys in changes.items():
            sections.setdefault(section, {}).update(keys)
        return sections

    def daemon(self, settings, *arguments, environment=None, name="auricled", within=None):
        """Starts the daemon with settings: a path, or sections as `settings` takes them.

        `within` is a network (netns.py) to start it in.
        """
        path = settings if isinstance(settings, Path) else self.settings(settings)
        command = [*device_program("AURICLE_DAEMON"), "--config", path, *arguments]
        return self.start(within.wrap(*command) if within else command, name, environment)

    def agent(self, port=0, certificate=None, options=()):
        """Starts the real agent; its port is in `agent.port`."""
        certificate, key = certificate or self.certificates.server()
        agent = self.start(
            [host_program("AURICLE_AGENT"), "--port", port, "--certificate", certificate,
             "--key", key, *options], "agent")
        _, listening = agent.await_line(r"listening on .*:(\d+)")
        agent.port = int(listening[1])
        return agent

    def voice(self, words):
        """A WAV file in which somebody says the words."""
        sound = self.folder / (re.sub(r"\W+", "-", words)[:40] + ".wav")
        if not sound.exists():
            done = subprocess.run(
                [host_program("AURICLE_AGENT"), "--say", words, "--out", str(sound)],
                stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS)
            if done.returncode != 0:
                raise Gone(f"auricle-agent --say ended with {done.returncode}: {done.stderr}")
        return sound

    def script(self, *lines):
        """A talker's script; a line `say WORDS` gets its sound made, `play FILE` has it."""
        path = self.folder / "talker.txt"
        steps = []
        for line in lines:
            verb, _, words = line.partition(" ")
            sound = {"say": lambda: self.voice(words), "play": lambda: words}.get(verb)
            steps.append(f'say {sound()} "{words}"' if sound else line)
        path.write_text("\n".join(steps) + "\n")
        return path

    def command(self, *arguments, seconds=SECONDS):
        """Runs the command line to its end: exit code, output, errors."""
        done = subprocess.run(
            [*device_program("AURICLE_CLI"), *map(str, arguments)],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds)
        return done.returncode, done.stdout, done.stderr

    def watch(self, seconds=SECONDS, **options):
        """Watches the daemon, as soon as it listens on its control socket."""
        return self._reach(lambda: Watch(self.socket, **options), seconds)

    def control(self, seconds=SECONDS):
        """The control socket, as soon as the daemon listens on it."""
        return self._reach(lambda: Control(self.socket), seconds)

    def status(self):
        """What the daemon says of itself, all of it text."""
        control = self.control()
        try:
            return control.ask("status")
        finally:
            control.close()

    def _reach(self, connect, seconds):
        deadline = time.monotonic() + seconds
        while True:
            try:
                control = connect()
            except (FileNotFoundError, ConnectionRefusedError, BlockingIOError):
                if time.monotonic() > deadline:
                    raise Gone("no daemon listens on its control socket") from None
                time.sleep(0.005)
            else:
                self._controls.append(control)
                return control


def has_false_clock():
    """Whether a program's date can be moved: not under an emulator, nor beside a sanitizer."""
    return not os.environ.get("AURICLE_RUN") and "-address/" not in host_program("AURICLE_DAEMON")


def false_clock(folder, moment):
    """The environment of a program that believes it is that moment (a datetime) now."""
    library = Path(folder) / "clock.so"
    if not library.exists():
        source = Path(__file__).with_name("clock.c")
        subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-o", library, source], check=True)
    shift = int(moment.timestamp() - time.time())
    return {"LD_PRELOAD": str(library), "AURICLE_CLOCK_SHIFT": str(shift)}


def host_program(variable):
    path = os.environ.get(variable)
    if not path:
        raise RuntimeError(f"{variable} is not set; run this through tools/black-box")
    return path


def device_program(variable):
    return [*shlex.split(os.environ.get("AURICLE_RUN", "")), host_program(variable)]


def temporary_folder():
    # Short: the path of a Unix socket has at most 107 bytes.
    return Path(tempfile.mkdtemp(prefix="auricle-"))


class BlackBoxTest(unittest.TestCase):
    """A test with a bench of its own, whose programs end with it."""

    def setUp(self):
        self.bench = Bench(temporary_folder())
        self.addCleanup(self._clear)

    def _clear(self):
        self.bench.close()
        if os.environ.get("AURICLE_KEEP") and self._failed():
            print(f"kept {self.bench.folder}", file=sys.stderr)
        else:
            shutil.rmtree(self.bench.folder, ignore_errors=True)

    def _failed(self):
        result = getattr(self._outcome, "result", None)
        return bool(result and (result.failures or result.errors))
