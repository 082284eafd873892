"""``python -m vibcli`` is `vib`."""

from vibcli.cli import main

if __name__ == "__main__":
    main()
