"""Ctrl-C and requests to terminate: heard from the start on, and again where one was lost.

Python raises `KeyboardInterrupt` wherever it is. Inside an import, or where a library of C calls
back, it may be swallowed there, and the program would go on as if nobody had asked.
"""

import _thread
import signal
import time
from types import FrameType

INTERRUPTED = 130
SAID = "Interrupted. The same command goes on from here."
AGAIN = 3.0  # seconds until it is raised once more; cleaning up takes less

_asked: dict[str, bool] = {}  # empty: nobody listens; what is asked for and has not ended yet


def listen() -> None:
    """Raise `KeyboardInterrupt` on Ctrl-C and SIGTERM until `heard`; what is ignored stays so."""
    _asked["pending"] = False
    for number in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _raise)


def heard() -> None:
    """The program is ending: whoever asks again ends it at once."""
    if _asked:
        _asked.clear()
        for number in (signal.SIGINT, signal.SIGTERM):
            if signal.getsignal(number) == _raise:
                signal.signal(number, signal.SIG_DFL)


def _raise(number: int, frame: FrameType | None) -> None:
    if not _asked.get("pending"):
        _asked["pending"] = True
        # a lock of `threading` may be held by what was interrupted
        _thread.start_new_thread(_remind, (number,))
    raise KeyboardInterrupt


def _remind(number: int) -> None:
    while True:
        time.sleep(AGAIN)
        if not _asked:
            return
        _thread.interrupt_main(signal.Signals(number))
