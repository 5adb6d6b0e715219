"""Plays and records at once through libasound, as a program in the lab.

usage: duplex.py PLAYBACK CAPTURE RATE FRAMES PLAYED RECORDED

PLAYED is a raw file of 16 bits, mono, that is played once; RECORDED gets FRAMES frames. Both devices have to take
RATE and one channel as they are. The last line of the output is what went wrong, if something did.
"""

import ctypes
import sys
import time

S16_LE, RW_INTERLEAVED = 2, 3
PLAYBACK, CAPTURE = 0, 1
NONBLOCK = 1
AGAIN = 11
# A card that has nothing for so long has nothing at all.
MOST_SECONDS = 0.5


class Device:
    def __init__(self, sound, name, direction, rate, period=480, count=100):
        self.sound, self.handle = sound, ctypes.c_void_p()
        self.check(sound.snd_pcm_open(ctypes.byref(self.handle), name.encode(), direction, NONBLOCK), "open")
        self.check(sound.snd_pcm_set_params(
            self.handle, S16_LE, RW_INTERLEAVED, 1, rate, 0, period * count * 1_000_000 // rate), "set up")

    def check(self, code, action):
        if code < 0:
            self.sound.snd_strerror.restype = ctypes.c_char_p
            raise SystemExit(f"{action}: {-code} {self.sound.snd_strerror(code).decode()}")
        return code


def main(playback, capture, rate, frames, played, recorded):
    sound = ctypes.CDLL("libasound.so.2")
    for name in ("snd_pcm_readi", "snd_pcm_writei"):
        function = getattr(sound, name)
        function.restype, function.argtypes = ctypes.c_long, [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_ulong]
    speaker = Device(sound, playback, PLAYBACK, int(rate))
    microphone = Device(sound, capture, CAPTURE, int(rate))
    data = open(played, "rb").read() + bytes(2 * int(rate) * 60)
    heard, place = b"", 0
    buffer = ctypes.create_string_buffer(2 * 480)

    def write():
        nonlocal place
        some = data[place:place + 2 * 480]
        count = sound.snd_pcm_writei(speaker.handle, some, 480)
        if count != -AGAIN:
            place += 2 * speaker.check(count, "write")

    # Half a buffer ahead, so that a busy machine lets neither side stumble.
    for _ in range(50):
        write()
    speaker.check(sound.snd_pcm_start(speaker.handle), "start")
    microphone.check(sound.snd_pcm_start(microphone.handle), "start")
    last = time.monotonic()
    while len(heard) < 2 * int(frames):
        count = sound.snd_pcm_readi(microphone.handle, buffer, 480)
        if count == -AGAIN:
            if time.monotonic() > last + MOST_SECONDS:
                raise SystemExit("nothing came")
            time.sleep(0.005)
            continue
        heard += buffer.raw[:2 * microphone.check(count, "read")]
        last = time.monotonic()
        write()
    open(recorded, "wb").write(heard)
    sound.snd_pcm_close(speaker.handle)
    sound.snd_pcm_close(microphone.handle)


if __name__ == "__main__":
    main(*sys.argv[1:])
