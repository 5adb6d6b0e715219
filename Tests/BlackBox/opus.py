"""Opus packets to send, made with the system's library: what an honest agent would say."""

import ctypes
import ctypes.util
import math
import struct

RATE = 16_000
PACKET_MILLISECONDS = 20
VOICE = 2048  # OPUS_APPLICATION_VOIP


def tone(milliseconds, hertz=440, amplitude=8_000):
    """Packets of 20 ms that together are a steady tone."""
    library = ctypes.CDLL(ctypes.util.find_library("opus") or "libopus.so.0")
    library.opus_encoder_create.restype = ctypes.c_void_p
    failure = ctypes.c_int()
    encoder = ctypes.c_void_p(
        library.opus_encoder_create(RATE, 1, VOICE, ctypes.byref(failure)))
    assert failure.value == 0
    count = RATE * PACKET_MILLISECONDS // 1_000
    room = ctypes.create_string_buffer(4_000)
    packets = []
    for number in range(milliseconds // PACKET_MILLISECONDS):
        samples = (
            int(amplitude * math.sin(2 * math.pi * hertz * (number * count + index) / RATE))
            for index in range(count))
        size = library.opus_encode(
            encoder, struct.pack(f"<{count}h", *samples), count, room, len(room))
        assert size > 0, size
        packets.append(room.raw[:size])
    library.opus_encoder_destroy(encoder)
    return packets
