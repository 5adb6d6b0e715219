"""Holds what device and agent said to the schemas in docs/protocol, with a validator that is not ours."""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path

TOOLS = Path(__file__).resolve().parents[1] / "Tools"
# Where Debian's package is, also for a Python that is not Debian's.
DEBIAN = "/usr/lib/python3/dist-packages"
SIDES = {"up": "device", "down": "agent"}


def missing() -> str | None:
    """Why nothing can be checked here; nothing when it can."""
    if importlib.util.find_spec("jsonschema") is None and DEBIAN not in sys.path:
        sys.path.append(DEBIAN)
    if importlib.util.find_spec("jsonschema") is None:
        return "jsonschema is missing; `tools/setup test` installs the package python3-jsonschema"
    return None


def faults(messages: list[tuple[str, dict]]) -> list[str]:
    """What is wrong with these messages, each "up" or "down"; nothing where nothing can be checked."""
    if missing():
        return []
    if str(TOOLS) not in sys.path:
        sys.path.append(str(TOOLS))
    from schemas import Refused, Schemas
    schemas, found = Schemas(), []
    for way, message in messages:
        try:
            schemas.check(SIDES[way], json.dumps(message))
        except Refused as refused:
            found.append(str(refused))
    return found
