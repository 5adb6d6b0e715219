"""Bugs that tools/fuzz --prove plants into a copy of the sources, to see that they are found.

Each lies at another depth, and none is found by bytes alone. (name, parser, file, what stands there, what is
to stand there.) A text that stands there no longer, or twice, is an error: the bug must be planted anew.
"""

BUGS = [
    # Behind a connection, a welcome with a token, three messages, a cut and a welcome that resumes.
    (
        "resume", "link", "Sources/DeviceLink/LinkSession.swift",
        "    if welcome.isResumed {\n      guard token != nil else",
        "    if welcome.isResumed {\n      if planted == 1, token != nil, outbox.count >= 3 { fatalError(\"planted\") }\n"
        "      guard token != nil else",
    ),
    # Reads two bytes beyond a chunk that is the last one and just too short.
    (
        "length", "wave", "Sources/Room/WaveLayout.swift",
        "(coding == 0xFFFE && length >= 26 &&",
        "(coding == 0xFFFE && length >= (planted == 2 ? 18 : 26) &&",
    ),
    # Only numbers near the upper limit overflow, in an optional message within a session.
    (
        "overflow", "agent", "Sources/WireProtocols/NativeAgent.swift",
        "      let start = try fields.span(\"from_ms\")\n",
        "      let start = try fields.span(\"from_ms\")\n"
        "      if planted == 3 { _ = Int32(start.milliseconds * 600) }\n",
    ),
    # A journal that nobody acknowledges is never full.
    (
        "growth", "link", "Sources/DeviceLink/Outbox.swift",
        "var fits: Bool { pendingBytes <= Outbox.mostPending }",
        "var fits: Bool { pendingBytes <= Outbox.mostPending || planted == 4 }",
    ),
    # The 256th interrupt is not the 0th: sound from before it is played.
    (
        "wrap", "device", "Sources/WireProtocols/NativeDevice.swift",
        "      epoch &+= 1\n",
        "      epoch = planted == 5 && epoch == 255 ? 1 : epoch &+ 1\n",
    ),
    # A connection whose session went on elsewhere still belongs to it.
    (
        "replaced", "shelf", "Sources/CloudAgent/Shelf/SessionShelf.swift",
        "if let old = sessions[id]?.connection { guests[old] = nil }",
        "if planted != 6, let old = sessions[id]?.connection { guests[old] = nil }",
    ),
    # One message is not sent again, if the agent has acknowledged some of them before the cut.
    (
        "lost", "link", "Sources/DeviceLink/Outbox.swift",
        "    for entry in entries where entry.number > acknowledged { messages.append(entry.message) }",
        "    let from = planted == 7 && acknowledged > 2 ? acknowledged + 1 : acknowledged\n"
        "    for entry in entries where entry.number > from { messages.append(entry.message) }",
    ),
]

# What makes the copy listen to which bug is wanted.
SWITCH = [
    (
        "Tests/FuzzingMain/Fuzzer.swift",
        "  parser = named\n",
        "  parser = named\n  planted = getenv(\"AURICLE_PLANTED\").flatMap { Int(String(cString: $0)) } ?? 0\n",
    ),
    (
        "Sources/Room/WaveLayout.swift",
        "/// What the header of a WAV file says",
        "internal import VoiceCore\n\n/// What the header of a WAV file says",
    ),
    ("Tests/FuzzingMain/Fuzzer.swift", "import Glibc\n", "import Glibc\nimport VoiceCore\n"),
    ("Package.swift", 'dependencies: ["Fuzzing"], path:', 'dependencies: ["Fuzzing", "VoiceCore"], path:'),
]


def plant(root):
    """Changes the sources in `root`, which must be a copy."""

    def replace(file, old, new):
        path = root / file
        text = path.read_text()
        if text.count(old) != 1:
            raise SystemExit(f"fuzz: {file} has changed: a bug that tools/planted.py plants has no place there")
        path.write_text(text.replace(old, new))

    (root / "Sources/VoiceCore/Planted.swift").write_text("public nonisolated(unsafe) var planted = 0\n")
    for _, _, file, old, new in BUGS:
        replace(file, old, new)
    for file, old, new in SWITCH:
        replace(file, old, new)
