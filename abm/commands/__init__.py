"""What the subcommands of `crlm` do, each in its own file; `cli.py` only reads the command line."""


class UserError(Exception):
    """What the user asked for cannot be done; the message says what would be right."""
