"""What tools/hearing runs: one verb, or all of them one after the other."""

import importlib
import sys

VERBS = {"make": "scenes", "score": "score", "peers": "peers", "table": "table", "plot": "plots", "gate": "gate"}


def run(verb: str, words: list[str]) -> int:
    return importlib.import_module(f"soundlab.{VERBS[verb]}").main(words) or 0


def main(words: list[str]) -> int:
    if not words:
        return next((code for verb in ("make", "score", "peers", "plot", "table") if (code := run(verb, []))), 0)
    if words[0] not in VERBS:
        print(f"hearing: unknown verb '{words[0]}'; known are {', '.join(VERBS)}", file=sys.stderr)
        return 2
    return run(words[0], words[1:])


sys.exit(main(sys.argv[1:]))
