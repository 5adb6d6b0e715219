"""A network namespace for one program, tied to ours by a pair of virtual cards.

What happens on the way is the kernel's doing, not a relay's: packets really are lost, and TCP really
repeats them. Without the right to make one, or without the tools, the tests that want one are
skipped, and say so loudly.
"""

from __future__ import annotations

import itertools
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

PACKAGES = {"ip": "iproute2", "tc": "iproute2", "nft": "nftables"}
_numbers = itertools.count(1)
_missing: str | None = None
_was_asked = False


# Where Debian puts them, which is not in everybody's path.
_PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"


def _order(*arguments: object) -> subprocess.CompletedProcess:
    return subprocess.run(
        [str(argument) for argument in arguments], capture_output=True, text=True,
        env={**os.environ, "PATH": _PATH})


def missing() -> str | None:
    """Why there can be no namespace here; nothing when there can."""
    global _missing, _was_asked
    if not _was_asked:
        _was_asked = True
        _missing = _find_missing()
    return _missing


def _find_missing() -> str | None:
    for tool, package in PACKAGES.items():
        if shutil.which(tool, path=_PATH) is None:
            return f"{tool} is missing; `tools/setup test` installs the package {package}"
    _clear_what_was_left()
    try:
        Network().close()
    except Refused as refused:
        return f"no namespace can be made here: {refused} (root, or CAP_NET_ADMIN and CAP_SYS_ADMIN)"
    return None


def _clear_what_was_left() -> None:
    """Namespaces of test runs that were killed."""
    for line in _order("ip", "netns", "list").stdout.splitlines():
        name = line.split(" ")[0]
        owner = re.fullmatch(r"aur-(\d+)-\d+", name)
        if owner and not Path(f"/proc/{owner[1]}").exists():
            _order("ip", "netns", "delete", name)
            shutil.rmtree(Path("/etc/netns") / name, ignore_errors=True)


def say_what_was_skipped(count: int, names: str) -> None:
    print(f"\n{'!' * 80}\nNOT TESTED: {count} tests of {names}: {missing()}\n{'!' * 80}",
          file=sys.stderr, flush=True)


class Refused(Exception):
    """The system does not let us."""


class Network:
    """A namespace, and the cable between it and us."""

    def __init__(self) -> None:
        number = next(_numbers)
        tail = f"{os.getpid()}-{number}"
        # A card's name has at most 15 letters.
        self.name, self.outer, self.inner = f"aur-{tail}", f"avo{tail}", f"avi{tail}"
        # A net of four addresses of its own in 10.64.0.0/10, ours and the program's.
        place = ((os.getpid() * 61 + number) % (1 << 18)) * 4
        first = (10 << 24 | 64 << 16) + place
        self.ours, self.theirs = (self._dotted(first + step) for step in (1, 2))
        self.etc = Path("/etc/netns") / self.name
        try:
            self._must("ip", "netns", "add", self.name)
            self._must("ip", "link", "add", self.outer, "type", "veth", "peer", "name", self.inner,
                       "netns", self.name)
            self._must("ip", "address", "add", f"{self.ours}/30", "dev", self.outer)
            self._must("ip", "-n", self.name, "address", "add", f"{self.theirs}/30", "dev", self.inner)
            self._must("ip", "-n", self.name, "link", "set", "lo", "up")
            self.link(up=True)
            self._within("nft", "add", "table", "inet", "faults")
            for hook, chain in (("input", "in"), ("output", "out")):
                self._within("nft", "add", "chain", "inet", "faults", chain,
                             f"{{ type filter hook {hook} priority 0; }}")
        except Refused:
            self.close()
            raise

    @staticmethod
    def _dotted(number: int) -> str:
        return ".".join(str(number >> shift & 255) for shift in (24, 16, 8, 0))

    @staticmethod
    def _must(*arguments: object) -> None:
        done = _order(*arguments)
        if done.returncode != 0:
            raise Refused(f"{' '.join(map(str, arguments))}: {done.stderr.strip()}")

    def _within(self, *arguments: object) -> None:
        self._must("ip", "netns", "exec", self.name, *arguments)

    def wrap(self, *arguments: object) -> list[str]:
        """The command line that runs a program inside."""
        return [shutil.which("ip", path=_PATH) or "ip", "netns", "exec", self.name, *map(str, arguments)]

    # The cable

    def link(self, up: bool) -> None:
        """Plugs the cable in or pulls it: the program's side sees its card lose the carrier."""
        state = "up" if up else "down"
        self._must("ip", "link", "set", self.outer, state)
        self._must("ip", "-n", self.name, "link", "set", self.inner, "up")

    def partition(self) -> None:
        """Every packet is dropped, in both directions, and the cards notice nothing."""
        self.heal()
        for chain in ("in", "out"):
            self._within("nft", "add", "rule", "inet", "faults", chain, "oifname" if chain == "out"
                         else "iifname", self.inner, "drop")

    def lose(self, percent: int) -> None:
        """Each packet is dropped with this probability, in both directions."""
        self.heal()
        for chain, side in (("in", "iifname"), ("out", "oifname")):
            self._within("nft", "add", "rule", "inet", "faults", chain, side, self.inner,
                         "numgen", "random", "mod", "100", "<", str(percent), "drop")

    def heal(self) -> None:
        """Every packet arrives."""
        for chain in ("in", "out"):
            self._within("nft", "flush", "chain", "inet", "faults", chain)

    def slow_down(self, kilobits: int) -> None:
        """No more than so many kbit/s in either direction; what waits longer than 400 ms is dropped."""
        shape = ("root", "tbf", "rate", f"{kilobits}kbit", "burst", "3000", "latency", "400ms")
        self._must("tc", "qdisc", "replace", "dev", self.outer, *shape)
        self._must("tc", "-n", self.name, "qdisc", "replace", "dev", self.inner, *shape)

    # Names

    def resolve(self, **files: str) -> None:
        """What programs started from now on find in /etc: resolve(resolv_conf="nameserver …")."""
        self.etc.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            (self.etc / name.replace("_", ".")).write_text(text)

    def close(self) -> None:
        _order("ip", "netns", "delete", self.name)
        _order("ip", "link", "delete", self.outer)
        shutil.rmtree(self.etc, ignore_errors=True)
