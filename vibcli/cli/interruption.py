"""Ctrl-C and requests to terminate: heard from the start on, and again where one was lost.

Python raises `KeyboardInterrupt` wherever it is. Inside an import, or where a library of C calls
back, it may be swallowed there, and the program would go on as if nobody had asked.
"""

import _thread
import signal
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

INTERRUPTED = 130
SAID = "Interrupted. The same command goes on from here."
AGAIN = 3.0  # seconds until it is raised once more; cleaning up takes less
Handler = Callable[[int, FrameType | None], Any] | signal.Handlers
SIGNALS = (signal.SIGINT, signal.SIGTERM)


def listen() -> None:
    """Raise `KeyboardInterrupt` on Ctrl-C and SIGTERM until `heard`; what is ignored stays so."""
    for number in SIGNALS:
        if signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _first)


def heard() -> None:
    """The program is ending: whoever asks again ends it at once."""
    _replace((_first, _again), signal.SIG_DFL)


def _first(number: int, frame: FrameType | None) -> None:
    _replace((_first,), _again)
    # not a `threading.Thread`: a lock of that module may be held by what was interrupted
    _thread.start_new_thread(_remind, (signal.Signals(number),))
    raise KeyboardInterrupt


def _again(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _remind(number: signal.Signals) -> None:
    time.sleep(AGAIN)
    while signal.getsignal(number) == _again:
        _thread.interrupt_main(number)
        time.sleep(AGAIN)


def _replace(handlers: tuple[object, ...], other: Handler) -> None:
    """Let ``other`` handle what these do, and nothing that others handle."""
    for number in SIGNALS:
        if signal.getsignal(number) in handlers:
            signal.signal(number, other)
