"""Opus packets to send, made with the system's library: what an honest agent would say."""

import array
import ctypes
import ctypes.util
import math
import random
import struct

RATE = 16_000
PACKET_MILLISECONDS = 20
VOICE = 2048  # OPUS_APPLICATION_VOIP


def tone(milliseconds, hertz=440, amplitude=8_000):
    """Packets of 20 ms that together are a steady tone."""
    return encode(
        int(amplitude * math.sin(2 * math.pi * hertz * index / RATE))
        for index in range(RATE * milliseconds // 1_000))


def babble(milliseconds, seed=1):
    """The same of noise that rises and falls as speech does: an echo of it can be found."""
    dice = random.Random(seed)
    return encode(
        int(dice.gauss(0, 4_000) * (0.1 + abs(math.sin(math.pi * 4 * index / RATE))))
        for index in range(RATE * milliseconds // 1_000))


def _library():
    return ctypes.CDLL(ctypes.util.find_library("opus") or "libopus.so.0")


def encode(samples):
    library = _library()
    library.opus_encoder_create.restype = ctypes.c_void_p
    failure = ctypes.c_int()
    encoder = ctypes.c_void_p(
        library.opus_encoder_create(RATE, 1, VOICE, ctypes.byref(failure)))
    assert failure.value == 0
    count = RATE * PACKET_MILLISECONDS // 1_000
    room = ctypes.create_string_buffer(4_000)
    packets = []
    samples = [max(-32_768, min(32_767, sample)) for sample in samples]
    for start in range(0, len(samples), count):
        packet = struct.pack(f"<{count}h", *samples[start:start + count])
        size = library.opus_encode(encoder, packet, count, room, len(room))
        assert size > 0, size
        packets.append(room.raw[:size])
    library.opus_encoder_destroy(encoder)
    return packets


def decode(packets):
    """The samples in packets, one after the other."""
    library = _library()
    library.opus_decoder_create.restype = ctypes.c_void_p
    failure = ctypes.c_int()
    decoder = ctypes.c_void_p(library.opus_decoder_create(RATE, 1, ctypes.byref(failure)))
    assert failure.value == 0
    most = RATE * 120 // 1_000
    room = (ctypes.c_int16 * most)()
    samples = array.array("h")
    for packet in packets:
        count = library.opus_decode(decoder, packet, len(packet), room, most, 0)
        assert count > 0, count
        samples.extend(room[:count])
    library.opus_decoder_destroy(decoder)
    return samples


def milliseconds(packet):
    """How much sound is in a packet (RFC 6716, section 3.1)."""
    kind, count = packet[0] >> 3, packet[0] & 3
    if kind < 12:
        length = (10, 20, 40, 60)[kind & 3]
    elif kind < 16:
        length = (10, 20)[kind & 1]
    else:
        length = (2.5, 5, 10, 20)[kind & 3]
    frames = {0: 1, 1: 2, 2: 2}.get(count) or packet[1] & 63
    return int(length * frames)
