"""Signals to a process of its own: here pytest has its own handlers."""

import signal
import subprocess
import sys

import pytest

from vibcli.cli.interruption import SAID, SIGNALS, heard

# a moment in which an interruption is lost, as in an import; then nothing asks any more
SWALLOWS = """
import signal, time
from vibcli.cli import interruption
interruption.AGAIN = 0.1
interruption.listen()
try:
    signal.raise_signal(signal.{number})
except KeyboardInterrupt:
    print("lost")
try:
    time.sleep(60)
except KeyboardInterrupt:
    interruption.heard()
    print("heard")
assert signal.getsignal(signal.{number}) == signal.SIG_DFL
time.sleep(0.5)  # nothing reminds of it any more
print("ended")
"""
IGNORES = """
import signal
from vibcli.cli import interruption
signal.signal(signal.SIGINT, signal.SIG_IGN)
interruption.listen()
signal.raise_signal(signal.SIGINT)
print("ignored")
"""
# Ctrl-C inside the import of the commands
STARTS = """
import signal, sys
class Interrupts:
    def find_spec(self, name, path=None, target=None):
        if name == "vibcli.cli.app":
            signal.raise_signal(signal.SIGINT)
sys.meta_path.insert(0, Interrupts())
from vibcli.cli import main
main()
"""


def run(program: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)


@pytest.mark.parametrize("number", [number.name for number in SIGNALS])
def test_what_was_lost_is_raised_again_until_it_is_heard(number: str) -> None:
    done = run(SWALLOWS.format(number=number))
    assert (done.returncode, done.stdout, done.stderr) == (0, "lost\nheard\nended\n", "")


def test_what_is_ignored_stays_so() -> None:
    assert run(IGNORES).stdout == "ignored\n"


def test_it_is_one_line_while_the_program_starts() -> None:
    done = run(STARTS)
    assert (done.returncode, done.stdout, done.stderr) == (130, "", f"Error: {SAID}\n")


def test_handlers_of_others_are_left_alone() -> None:
    before = [signal.getsignal(number) for number in SIGNALS]
    heard()
    assert [signal.getsignal(number) for number in SIGNALS] == before
