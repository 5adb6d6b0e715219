"""What the tests of `auricle check` share: run it, and read what it found."""

import json
import os
import subprocess

from programs import SECONDS, BlackBoxTest, device_program

GOOD, WRONG, WRONG_USE, UNREACHABLE, BAD_SETTINGS, REMARK = range(6)


class Findings:
    """The answer of a check: parts by name, and what was measured."""

    def __init__(self, code, output):
        self.code, self.answer = code, json.loads(output)
        self.parts = {part["part"]: part for part in self.answer["parts"]}
        self.measured = self.answer.get("measured", {})

    @property
    def codes(self):
        """What there is to complain of: {part: code}."""
        return {name: part["code"] for name, part in self.parts.items() if part.get("code")}

    def __repr__(self):
        return "\n".join(f"{part['part']}: {part['grade']} {part.get('code', '')} {part['says']}"
                         for part in self.answer["parts"])


def auricle(bench, *arguments, environment=None, config=True):
    """The command line, as a technician types it on the device."""
    words = [*device_program("AURICLE_CLI"), *map(str, arguments), "--socket", str(bench.socket)]
    if config:
        words += ["--config", str(bench.folder / "auricle.conf")]
    return subprocess.run(
        words, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS + 30,
        env={**os.environ, **(environment or {})})


class CheckTest(BlackBoxTest):
    def auricle(self, *arguments, **options):
        return auricle(self.bench, *arguments, **options)

    def check(self, *options, environment=None):
        done = self.auricle("check", "--json", *options, environment=environment)
        try:
            return Findings(done.returncode, done.stdout)
        except (ValueError, KeyError):
            self.fail(f"{done.returncode}: {done.stdout}\n{done.stderr}")
