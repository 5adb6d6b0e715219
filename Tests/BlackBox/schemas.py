"""Holds messages to the schemas in docs/protocol, with a validator that is not ours."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "docs/protocol/schema"
# Where Debian's package is, also for a Python that is not Debian's.
DEBIAN = "/usr/lib/python3/dist-packages"


def _validator():
    if importlib.util.find_spec("jsonschema") is None:
        sys.path.append(DEBIAN)
    if importlib.util.find_spec("jsonschema") is None:
        return None
    import jsonschema
    return jsonschema


def missing() -> str | None:
    """Why nothing can be checked here; nothing when it can."""
    if not FOLDER.exists():
        return f"there is no {FOLDER.name}"
    if _validator() is None:
        return "jsonschema is missing; `tools/setup test` installs the package python3-jsonschema"
    return None


def faults(messages: list[tuple[str, dict]]) -> list[str]:
    """What is wrong with these messages, "up" or "down"; empty when nothing is, or `missing`."""
    if missing():
        return []
    jsonschema = _validator()
    documents = {path.name: json.loads(path.read_text()) for path in FOLDER.glob("*.json")}
    store = {document["$id"]: document for document in documents.values()}
    found = []
    for way, name in (("up", "device.json"), ("down", "agent.json")):
        document = documents[name]
        validator = jsonschema.Draft202012Validator(
            document, resolver=jsonschema.RefResolver(document["$id"], document, store))
        found += [f"{way} {message.get('type')}: {error.message}"
                  for direction, message in messages if direction == way
                  for error in validator.iter_errors(message)]
    return found
