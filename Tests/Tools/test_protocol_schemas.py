"""docs/protocol judged by a validator we did not write: the recorded conversations fit the schemas, the broken
messages do not, and no message of the specification is missing in either."""

import json
import re
import unittest

from schemas import FOLDER, Refused, Schemas

SPECIFICATION = FOLDER.parent / "PROTOCOL.md"
SCHEMAS = Schemas()


def read_lines(path):
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    return lines[0], lines[1:]


def text_of(line):
    """The message as it stands in the file, for its bytes."""
    return json.dumps(line["text"], ensure_ascii=False)


def table_of(heading):
    """The message types in the first table below a heading of the specification."""
    section = SPECIFICATION.read_text().split(f"### {heading}\n", 1)[1].split("\n#", 1)[0]
    return set(re.findall(r"^\| `([a-z_.]+)`", section, re.MULTILINE))


class Transcripts(unittest.TestCase):
    def setUp(self):
        self.transcripts = {path.stem: read_lines(path) for path in sorted((FOLDER / "transcripts").glob("*.jsonl"))}

    def test_every_line_fits_the_schemas(self):
        for name, (header, lines) in self.transcripts.items():
            self.assertEqual((header["transcript"], header["protocol"]), (name, "1.2"))
            for number, line in enumerate(lines, 2):
                with self.subTest(transcript=name, line=number):
                    self.check(line)

    def check(self, line):
        if "event" in line:
            self.assertIn(line["event"], ("cut", "close", "wait"))
        elif "binary" in line:
            SCHEMAS.check_sound(line["from"], bytes.fromhex(line["binary"]))
        elif line.get("refused") in ("bad_message", "unsupported"):
            with self.assertRaises(Refused):
                SCHEMAS.check(line["from"], text_of(line))
        else:
            SCHEMAS.check(line["from"], text_of(line))

    def test_every_message_is_in_one_of_them(self):
        for side in ("device", "agent"):
            seen = set()
            for _, lines in self.transcripts.values():
                seen |= {line["text"]["type"] for line in lines if line.get("from") == side and "text" in line}
            self.assertEqual(SCHEMAS.types(side) - seen, set())

    def test_every_word_is_in_one_of_them(self):
        """Each value of each enumeration, so that both sides are seen to know it."""
        seen = set()
        for _, lines in self.transcripts.values():
            for line in lines:
                for field, value in line.get("text", {}).items():
                    seen.add((line["text"]["type"], field, str(value)))
        for kind, document in SCHEMAS.documents.items():
            for field, schema in document.get("properties", {}).items():
                if field != "type":
                    missing = {word for word in schema.get("enum", ()) if (kind, field, word) not in seen}
                    self.assertEqual(missing, set(), f"{kind}.{field}")


class Specification(unittest.TestCase):
    def test_it_has_the_messages_that_have_a_schema(self):
        either = table_of("From either")
        self.assertEqual(SCHEMAS.types("device"), table_of("From the device") | either)
        self.assertEqual(SCHEMAS.types("agent"), table_of("From the agent") | either)
        named = SCHEMAS.types("device") | SCHEMAS.types("agent")
        self.assertEqual(set(SCHEMAS.documents) - named, {"common", "device", "agent", "broker-answer"})

    def test_its_example_fits_the_schemas(self):
        example = SPECIFICATION.read_text().split("## Example\n", 1)[1].split("```")[1]
        lines = [line.removeprefix("x") for line in example.splitlines() if line[:1] in "<>x" and line]
        self.assertGreater(len(lines), 40)
        for line in lines:
            side = "device" if line.startswith(">") else "agent"
            with self.subTest(line=line):
                if line[2] == "[":
                    digits = line[3:].split("]")[0].replace("…", "")
                    SCHEMAS.check_sound(side, bytes.fromhex(digits))
                else:
                    SCHEMAS.check(side, line[2:])


class Broken(unittest.TestCase):
    def test_what_is_broken_is_refused(self):
        _, lines = read_lines(FOLDER / "broken.jsonl")
        self.assertGreater(len(lines), 300)
        for number, line in enumerate(lines, 2):
            with self.subTest(line=number, text=line["text"][:200]):
                for earlier in line.get("after", ()):
                    SCHEMAS.check(line["from"], earlier)
                if line["code"] == "out_of_order":
                    SCHEMAS.check(line["from"], line["text"])
                else:
                    with self.assertRaises(Refused):
                        SCHEMAS.check(line["from"], line["text"])

    def test_the_number_is_what_is_wrong(self):
        SCHEMAS.check("agent", '{"type":"volume","level":100}')
        for level in ("101", "-1", '"7"', "7.0", "1e1", "null"):
            with self.assertRaises(Refused):
                SCHEMAS.check("agent", '{"type":"volume","level":%s}' % level)

    def test_bytes_are_counted_where_schemas_count_characters(self):
        def transcript(words):
            return json.dumps({"type": "transcript", "turn": 1, "text": words, "final": True}, ensure_ascii=False)

        SCHEMAS.check("agent", transcript("ü" * 2_048))
        with self.assertRaises(Refused):
            SCHEMAS.check("agent", transcript("ü" * 2_049))

    def test_sound_is_judged_by_its_header(self):
        good = bytes.fromhex("11010500000000010000000100000000") + b"\x58"
        self.assertEqual(SCHEMAS.check_sound("device", good)["sequence"], 1)
        for length in range(17):
            with self.assertRaises(Refused):
                SCHEMAS.check_sound("device", good[:length])
        with self.assertRaises(Refused):
            SCHEMAS.check_sound("agent", good)
        with self.assertRaises(Refused):
            SCHEMAS.check_sound("device", good + bytes(4_000))


if __name__ == "__main__":
    unittest.main()
