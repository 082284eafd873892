"""The command line: one small file a command, each parses, calls one function and renders."""

from vibcli.cli.app import main

__all__ = ["main"]
