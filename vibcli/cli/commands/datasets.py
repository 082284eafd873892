"""`vib datasets`"""

from vibcli.cli.options import shared


def datasets(*, json: shared.Json = False) -> None:
    """List the named data sets."""
    from vibcli.cli.actions.datasets import datasets as action

    action(json)
