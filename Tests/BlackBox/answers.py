"""What a kernel's sound answers: the questions of kernel_probe.c, put to a real one or to the lab."""

import re
import subprocess
import threading
from pathlib import Path

from mixers import Volume

SOURCE = Path(__file__).with_name("kernel_probe.c")
# What the dummy card of Debian's 6.1 said; tools/guest asks again.
ANSWERS = Path(__file__).with_name("kernel_answers.txt")
# The same card in the lab.
DUMMY = {"rate_range": (5_500, 48_000), "channels": (1, 2), "formats": ["U8", "S16_LE"], "can": ("mmap", "resume"),
         "period_bytes": (64, 65_536), "buffer_bytes": 65_536, "periods": (1, 1_024), "period_us": 0,
         "broken_periods": True}


def build_probe(folder):
    path = Path(folder) / "kernel_probe"
    subprocess.run(["gcc", "-O1", "-Wall", "-D_GNU_SOURCE", "-o", path, SOURCE], check=True)
    return path


def comparable(text):
    """The answers; how far a card ran on before its stumble was noticed is its own affair."""
    return re.sub(r"^(pointers xrun:) \d+", r"\1 N", text, flags=re.MULTILINE).strip().splitlines()


def ask_lab(lab, folder):
    card = lab.add(number=0, id="Dummy", playback=DUMMY, capture=DUMMY, mixer=[Volume("Master", channels=2)])
    wanted, done = folder / "pull", folder / "pulled"

    def pull():
        with open(wanted):
            card.unplug()
        done.touch()

    subprocess.run(["mkfifo", wanted], check=True)
    threading.Thread(target=pull, daemon=True).start()
    result = lab.run(build_probe(folder), 0, f": > {wanted}; while [ ! -e {done} ]; do sleep 0.01; done")
    return result.stdout.decode() + result.stderr.decode()
