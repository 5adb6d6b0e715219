"""speexdsp as it comes, for comparison: its canceller, its residual suppression, its speech probability."""

import ctypes
import ctypes.util

import numpy as np

from .truth import FRAME, RATE

TAIL = RATE // 5
# Numbers of the requests in its headers.
ECHO_SET_SAMPLING_RATE = 24
SET_NOISE_SUPPRESS, SET_ECHO_STATE, GET_PROB = 18, 24, 45


def _library() -> ctypes.CDLL:
    name = ctypes.util.find_library("speexdsp")
    if not name:
        raise OSError("libspeexdsp is missing; tools/setup build installs it")
    library = ctypes.CDLL(name)
    library.speex_echo_state_init.restype = ctypes.c_void_p
    library.speex_preprocess_state_init.restype = ctypes.c_void_p
    return library


def _pointer(samples: np.ndarray, start: int = 0) -> ctypes.c_void_p:
    return ctypes.c_void_p(samples.ctypes.data + 2 * start)


def run(mic: np.ndarray, ref: np.ndarray | None, suppress: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """Its output and its probability for each frame; without a reference nothing is cancelled.

    The output is the canceller's own, or with `suppress` that of its residual suppression, which leaves
    the room's noise alone. The probability is that of the preprocessor behind the canceller.
    """
    library = _library()
    frames = -(-len(mic) // FRAME)

    def whole(samples: np.ndarray) -> np.ndarray:
        padded = np.zeros(frames * FRAME, np.int16)
        padded[: len(samples)] = np.clip(np.round(samples * 32768), -32768, 32767)
        return padded

    near, far = whole(mic), None if ref is None else whole(ref)
    canceller = None
    preprocessor = ctypes.c_void_p(library.speex_preprocess_state_init(FRAME, RATE))
    if far is not None:
        canceller = ctypes.c_void_p(library.speex_echo_state_init(FRAME, TAIL))
        rate = ctypes.c_int(RATE)
        library.speex_echo_ctl(canceller, ECHO_SET_SAMPLING_RATE, ctypes.byref(rate))
    if suppress:
        none = ctypes.c_int(0)
        library.speex_preprocess_ctl(preprocessor, SET_NOISE_SUPPRESS, ctypes.byref(none))
        library.speex_preprocess_ctl(preprocessor, SET_ECHO_STATE, canceller)
    out, probability = np.zeros_like(near), np.zeros(frames, np.float32)
    heard, percent = np.zeros(FRAME, np.int16), ctypes.c_int()
    try:
        for index in range(frames):
            at = index * FRAME
            if canceller is None:
                out[at : at + FRAME] = near[at : at + FRAME]
            else:
                library.speex_echo_cancellation(canceller, _pointer(near, at), _pointer(far, at), _pointer(out, at))
            heard[:] = out[at : at + FRAME]
            library.speex_preprocess_run(preprocessor, _pointer(heard))
            if suppress:
                out[at : at + FRAME] = heard
            library.speex_preprocess_ctl(preprocessor, GET_PROB, ctypes.byref(percent))
            probability[index] = percent.value / 100
    finally:
        library.speex_preprocess_state_destroy(preprocessor)
        if canceller is not None:
            library.speex_echo_state_destroy(canceller)
    return out[: len(mic)].astype(np.float32) / 32768, probability
