"""`python -m abm`, the same as the command `crlm`."""

from .cli import main

main()
