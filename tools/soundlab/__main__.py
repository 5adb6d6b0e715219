"""What tools/hearing runs: one verb, or all of them one after the other."""

import importlib
import runpy
import sys

VERBS = {"score": "score", "peers": "peers", "table": "table", "plot": "plots", "gate": "gate"}


def run(verb: str, words: list[str]) -> int:
    if verb == "make":
        # A command of its own as well (python -m soundlab.scenes); without words it makes what is scored.
        sys.argv[1:] = words or ["--split", "test"]
        runpy.run_module("soundlab.scenes", run_name="__main__")
        return 0
    return importlib.import_module(f"soundlab.{VERBS[verb]}").main(words) or 0


def main(words: list[str]) -> int:
    if not words:
        return next((code for verb in ("make", "score", "peers", "plot", "table") if (code := run(verb, []))), 0)
    if words[0] not in ["make", *VERBS]:
        print(f"hearing: unknown verb '{words[0]}'; known are make, {', '.join(VERBS)}", file=sys.stderr)
        return 2
    return run(words[0], words[1:])


sys.exit(main(sys.argv[1:]))
