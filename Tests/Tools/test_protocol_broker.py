"""The broker's answer judged by a validator we did not write: the specification's example fits its schema, and what
the device refuses does not."""

import json
import re
import unittest

import jsonschema
from schemas import FOLDER

SCHEMA = json.loads((FOLDER / "schema" / "broker-answer.json").read_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
SPECIFICATION = (FOLDER / "BROKER.md").read_text()


def example():
    """The answer that the specification shows."""
    text = re.search(r"^< (\{\"url\".*\})$", SPECIFICATION, re.MULTILINE)[1]
    # A token is shown cut short.
    return json.loads(text.replace("…", ""))


class BrokerAnswer(unittest.TestCase):
    def fits(self, **changes):
        answer = example()
        for key, value in changes.items():
            if value is None:
                del answer[key]
            else:
                answer[key] = value
        return VALIDATOR.is_valid(answer)

    def test_the_example_fits(self):
        self.assertTrue(self.fits())
        self.assertEqual(set(example()), set(SCHEMA["properties"]))

    def test_what_may_be_missing_may_be_missing(self):
        self.assertTrue(self.fits(headers=None, expires_at=None, session_overrides=None, later=True))
        for field in SCHEMA["required"]:
            self.assertFalse(self.fits(**{field: None}), field)

    def test_what_the_device_refuses_does_not_fit(self):
        for changes in (
            {"url": "ws://a"}, {"url": "https://a"}, {"url": "wss://a b"}, {"url": "wss://a\r\nb"},
            {"url": "wss://" + "a" * 1_024}, {"expires_in_ms": 999}, {"expires_in_ms": 604_800_001},
            {"expires_in_ms": "600000"}, {"profile": "auricle.v2"}, {"headers": []},
            {"headers": {"Authorization": "a\r\nX: b"}}, {"headers": {"Authorization": ""}},
            {"headers": {"Authorization": " a"}}, {"headers": {"Authorization": 7}},
            {"headers": {"a b": "c"}}, {"headers": {"": "c"}}, {"headers": {"a" * 65: "c"}},
            {"headers": {"HOST": "a"}}, {"headers": {"Sec-WebSocket-Key": "a"}},
            {"headers": {f"h{number}": "v" for number in range(9)}},
            {"session_overrides": []}, {"session_overrides": {"max_turn_ms": 999}},
        ):
            with self.subTest(changes):
                self.assertFalse(self.fits(**changes))


if __name__ == "__main__":
    unittest.main()
