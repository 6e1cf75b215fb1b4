"""What is installed only when it is asked for."""


def how_to_install(extra: str) -> str:
    """What installs an optional part of crlm."""
    return f"pip install '.[{extra}]' in the checkout of crlm"
