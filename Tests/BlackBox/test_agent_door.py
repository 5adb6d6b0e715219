"""Who comes in at the agent's port, seen from outside: too many callers, strangers, and an interface that is not here."""

import json
import os
import re
import signal
import socket
import ssl
import subprocess
import time
import unittest
import warnings

from programs import SECONDS, BlackBoxTest, host_program


def processor_seconds(identifier):
    fields = open(f"/proc/{identifier}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class TheAgentsDoor(BlackBoxTest):
    def setUp(self):
        super().setUp()
        # A socket that a test leaves to the end is no finding.
        warnings.simplefilter("ignore", ResourceWarning)

    def start(self, *options, descriptors=None):
        certificate, key = self.bench.certificates.server()
        command = [
            host_program("AURICLE_AGENT"), "--port", 0, "--certificate", certificate, "--key", key,
            "--echo", *options]
        if descriptors:
            command = ["sh", "-c", f'ulimit -n {descriptors}; exec "$@"', "sh", *command]
        return self.bench.start(command, "agent")

    def listen(self, *options, **more):
        agent = self.start(*options, **more)
        _, listening = agent.await_line(r"listening on .*:(\d+)")
        agent.port = int(listening[1])
        return agent

    def request(self, agent, text, **proof):
        """Status and body of the answer over TLS; (0, "") when the agent hung up."""
        context = ssl.create_default_context(cafile=str(self.bench.certificates.authority))
        with socket.create_connection(("127.0.0.1", agent.port), SECONDS) as plain:
            try:
                with context.wrap_socket(plain, server_hostname="localhost") as secure:
                    secure.sendall(text.encode())
                    answer = b""
                    while more := secure.recv(65536):
                        answer += more
            except (ssl.SSLError, ConnectionError):
                return 0, ""
        head, _, body = answer.decode().partition("\r\n\r\n")
        return int(head.split(" ")[1]), body

    def post(self, agent, device, secret):
        body = json.dumps({"device": device})
        return self.request(
            agent, f"POST /token HTTP/1.1\r\nHost: localhost:{agent.port}\r\n"
            f"Authorization: Bearer {secret}\r\nContent-Length: {len(body)}\r\n\r\n{body}")

    def test_callers_beyond_the_descriptors_wait_and_cost_nothing(self):
        agent = self.listen(descriptors=60)
        agent.await_line("event=few_descriptors allowed=60")
        crowd = []
        for _ in range(70):
            caller = socket.socket()
            caller.setblocking(False)
            caller.connect_ex(("127.0.0.1", agent.port))
            crowd.append(caller)
        agent.await_line("event=cannot_accept")
        before = processor_seconds(agent.identifier)
        began = time.monotonic()
        while time.monotonic() < began + 2:
            time.sleep(0.1)
        used = processor_seconds(agent.identifier) - before
        self.assertLess(used, 0.4, "the agent asks for callers it cannot take, again and again")
        self.assertLess(agent.output.count("event=cannot_accept"), 31)
        for caller in crowd:
            caller.close()
        deadline = time.monotonic() + SECONDS
        status = 0
        while status == 0 and time.monotonic() < deadline:
            status, _ = self.request(agent, "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        self.assertEqual(status, 404)
        self.assertEqual(agent.stop(), 0)

    def test_an_interface_of_another_machine_is_an_error(self):
        for interface, reason in [("192.0.2.7", "this address"), ("nosuch0", "of this name")]:
            agent = self.start("--interface", interface)
            self.assertEqual(agent.finish(), 2)
            self.assertNotIn("listening", agent.output)
            self.assertRegex(agent.output, f"cannot listen on {interface}: .*{reason}")

    def test_a_new_secret_opens_the_door_and_is_nowhere_in_the_log(self):
        made = subprocess.run(
            [host_program("AURICLE_AGENT"), "--new-secret", "kiosk-7"],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS)
        self.assertEqual(made.returncode, 0, made.stderr)
        line = re.search(r"^kiosk-7 [0-9a-f]{64}$", made.stdout, re.M)[0]
        secret = re.search(r"^[\w-]{43}$", made.stdout, re.M)[0]
        devices = self.bench.folder / "devices"
        devices.write_text(line + "\n")
        agent = self.listen("--devices", devices)
        status, body = self.post(agent, "kiosk-7", secret)
        self.assertEqual(status, 200)
        grant = json.loads(body)
        self.assertEqual(grant["url"], f"wss://localhost:{agent.port}/auricle")
        self.assertEqual(self.post(agent, "kiosk-7", "x" * 43)[0], 401)
        # The fields mistaken for each other.
        self.assertEqual(self.post(agent, secret.replace("-", "_"), "kiosk-7")[0], 401)
        token = grant["headers"]["Authorization"].split(" ")[1]
        agent.await_line(r"event=token device=kiosk-7 by=secret .* token=…" + re.escape(token[-4:]))
        agent.await_line("event=token_refused .*unknown device")
        self.assertNotIn(secret[-20:].replace("-", "_"), agent.output.replace("-", "_"))
        self.assertNotIn(token[-8:], agent.output)
        self.assertEqual(agent.stop(), 0)

    def test_a_file_of_devices_that_is_wrong_is_named_with_its_line(self):
        devices = self.bench.folder / "devices"
        devices.write_text("# none\nkiosk-7 secret\n")
        agent = self.start("--devices", devices)
        self.assertEqual(agent.finish(), 2)
        self.assertIn(f"{devices} line 2: after kiosk-7 comes", agent.output)

    def test_the_file_of_devices_is_read_again_on_sighup_unless_it_is_wrong(self):
        made = {}
        for name in ("kiosk-7", "kiosk-8"):
            told = subprocess.run(
                [host_program("AURICLE_AGENT"), "--new-secret", name], capture_output=True, text=True, timeout=SECONDS)
            lines = told.stdout.splitlines()
            made[name] = next(line for line in lines if line.startswith(name + " ")), lines[-1]
        devices = self.bench.folder / "devices"
        devices.write_text(made["kiosk-7"][0] + "\n")
        agent = self.listen("--devices", devices)
        self.assertEqual([self.post(agent, name, made[name][1])[0] for name in made], [200, 401])
        devices.write_text("kiosk-7 refused\n" + made["kiosk-8"][0] + "\n")
        agent.process.send_signal(signal.SIGHUP)
        agent.await_line(r"event=devices devices=2")
        self.assertEqual([self.post(agent, name, made[name][1])[0] for name in made], [401, 200])
        devices.write_text("kiosk-7 nonsense\n")
        agent.process.send_signal(signal.SIGHUP)
        agent.await_line(r"event=devices_kept .*line 1: after kiosk-7 comes")
        self.assertEqual([self.post(agent, name, made[name][1])[0] for name in made], [401, 200])


if __name__ == "__main__":
    unittest.main()
