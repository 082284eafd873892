"""The command line: one small file a command, each parses, calls one function and renders."""

import sys

from vibcli.cli.interruption import INTERRUPTED, SAID, heard, listen


def main() -> None:
    """Run `vib`. A request to terminate is treated like Ctrl-C, while it starts too."""
    listen()
    try:
        from vibcli.cli.app import app  # half a second

        app(prog_name="vib")
    except KeyboardInterrupt:
        heard()
        sys.stderr.write(f"Error: {SAID}\n")
        sys.exit(INTERRUPTED)
