"""Plays a steady sound through libasound, takes back what is not played yet, and plays silence instead.

usage: rewinding.py DEVICE RATE PERIOD COUNT

Says how many loud frames it wrote, and how many of them it got back.
"""

import ctypes
import sys

from duplex import AGAIN, PLAYBACK, Device


def main(name, rate, period, count):
    sound = ctypes.CDLL("libasound.so.2")
    sound.snd_pcm_writei.restype = sound.snd_pcm_rewind.restype = ctypes.c_long
    sound.snd_pcm_writei.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_ulong]
    sound.snd_pcm_rewind.argtypes = [ctypes.c_void_p, ctypes.c_ulong]
    speaker = Device(sound, name, PLAYBACK, rate, period, count)
    loud = (10_000).to_bytes(2, "little") * period

    def write():
        speaker.check(sound.snd_pcm_wait(speaker.handle, 1_000), "wait")
        result = sound.snd_pcm_writei(speaker.handle, loud, period)
        return 0 if result == -AGAIN else speaker.check(result, "write")

    written = sum(sound.snd_pcm_writei(speaker.handle, loud, period) for _ in range(count))
    sound.snd_pcm_start(speaker.handle)
    written += write()
    delay = ctypes.c_long()
    speaker.check(sound.snd_pcm_delay(speaker.handle, ctypes.byref(delay)), "ask the delay")
    back = speaker.check(sound.snd_pcm_rewind(speaker.handle, delay.value), "rewind")
    sound.snd_pcm_writei(speaker.handle, bytes(2 * back), back)
    print(written, back)
    sound.snd_pcm_nonblock(speaker.handle, 0)
    speaker.check(sound.snd_pcm_drain(speaker.handle), "drain")
    sound.snd_pcm_close(speaker.handle)


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
