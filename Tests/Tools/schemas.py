"""Judges messages of the native protocol by docs/protocol/schema, with a validator we did not write.

    from schemas import Schemas
    schemas = Schemas()
    schemas.check("device", '{"type":"ack","received":3,"opt":true}')   # a text message: str or UTF-8 bytes
    schemas.check_sound("agent", b"\\x12\\x01...")                       # a binary one

Both return what they read and raise `Refused` with a sentence that says what is wrong. For live traffic: one
`Schemas` serves any number of connections, it keeps nothing between messages. Needs Debian's
python3-jsonschema (`tools/setup test`).
"""

import json
import warnings
from pathlib import Path

import jsonschema

with warnings.catch_warnings():
    # Newer versions have another way; the one of Debian 12 has only this.
    warnings.simplefilter("ignore", DeprecationWarning)
    from jsonschema import RefResolver

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "protocol"
LARGEST_TEXT = 32_768
LARGEST_PACKET = 4_000
HEADER = 16
LONGEST_MS = 3_600_000
# What no schema can say: these are bytes, and schemas count characters.
BYTES = {"text": 4_096, "message": 512}
NAME_BYTES = 128


class Refused(Exception):
    """A message that the specification does not allow."""


class Schemas:
    def __init__(self, folder=FOLDER / "schema"):
        self.documents = {path.name.removesuffix(".json"): json.loads(path.read_text()) for path in folder.glob("*.json")}
        store = {document["$id"]: document for document in self.documents.values()}
        for document in self.documents.values():
            jsonschema.Draft202012Validator.check_schema(document)
        self.sides = {}
        for side in ("device", "agent"):
            document = self.documents[side]
            resolver = RefResolver(document["$id"], document, store=store, handlers={"https": _nowhere, "http": _nowhere})
            self.sides[side] = jsonschema.Draft202012Validator(document, resolver=resolver)

    def types(self, side):
        """The message types that have a schema."""
        return set(self.documents[side]["if"]["properties"]["type"]["enum"])

    def check(self, side, text):
        """A text message from `side`; returns the object."""
        raw = text.encode() if isinstance(text, str) else bytes(text)
        if len(raw) > LARGEST_TEXT:
            raise Refused(f"{len(raw)} bytes of text, allowed are {LARGEST_TEXT}")
        message = read_strictly(raw)
        error = jsonschema.exceptions.best_match(self.sides[side].iter_errors(message))
        if error is not None:
            place = ".".join(str(step) for step in error.absolute_path) or "the whole"
            kind = message.get("type") if isinstance(message, dict) else None
            raise Refused(f"{kind} from {side}, {place}: {error.message[:200]}")
        _check_bytes(message)
        return message

    def check_sound(self, side, data):
        """A binary message from `side`; returns its header as a dictionary."""
        if not HEADER < len(data) <= HEADER + LARGEST_PACKET:
            raise Refused(f"a binary message of {len(data)} bytes")
        kind = 1 if side == "device" else 2
        if data[0] != 0x10 | kind:
            raise Refused(f"version and kind {data[0]:#04x} instead of {0x10 | kind:#04x}")
        if data[1] != 1:
            raise Refused(f"codec {data[1]} instead of 1")
        numbers = [int.from_bytes(data[at : at + 4], "big") for at in (4, 8, 12)]
        header = dict(zip(("reference", "sequence", "time_ms"), numbers), flags=data[2], epoch=data[3])
        if header["time_ms"] > LONGEST_MS:
            raise Refused(f"time {header['time_ms']} ms is beyond {LONGEST_MS}")
        if side == "device" and header["reference"] == 0:
            raise Refused("turn 0")
        return header


def read_strictly(raw):
    """JSON as the protocol takes it: UTF-8, whole numbers, no name twice, no half of a pair."""

    def once(pairs):
        names = [name for name, _ in pairs]
        if len(set(names)) != len(names):
            raise Refused(f"a name twice among {names}")
        return dict(pairs)

    def no_fraction(number):
        raise Refused(f"the number {number} is not whole")

    try:
        message = json.loads(raw.decode(), object_pairs_hook=once, parse_float=no_fraction, parse_constant=no_fraction)
        json.dumps(message, ensure_ascii=False).encode()
    except (UnicodeError, RecursionError, ValueError) as error:
        raise Refused(f"no JSON: {error}") from None
    return message


def _check_bytes(message):
    for name, limit in BYTES.items():
        if len(str(message.get(name, "")).encode()) > limit:
            raise Refused(f"{message['type']}: {name} has more than {limit} bytes")
    for name in ("type", "session_id", "agent", "resume_token", "code", "reason"):
        if len(str(message.get(name, "")).encode()) > NAME_BYTES:
            raise Refused(f"{message['type']}: {name} has more than {NAME_BYTES} bytes")


def _nowhere(address):
    raise Refused(f"a schema names {address}, which is not in the folder")
