"""What the subcommands of `crlm` do, each in its own file; `cli.py` only reads the command line."""

import shlex
from pathlib import Path


class UserError(Exception):
    """What the user asked for cannot be done; the message says what would be right."""


def typed(*words: str | Path) -> str:
    """A command to be typed next, quoted for the shell: `typed("compare", folder)`."""
    return shlex.join(["crlm", *map(str, words)])
