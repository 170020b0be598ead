"""The three standard streams, usable whatever the caller did to them."""

from __future__ import annotations

import os
import sys


def settle() -> None:
    """Descriptors 0 to 2 are open, the streams are there, and printing never fails for a character.

    A closed one would be given to the next socket that is opened, and servers get sockets by their numbers.
    """
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(descriptor)
    for name in ("stdin", "stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "r+" if name == "stdin" else "w"))  # noqa: PTH123, SIM115
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure:
            reconfigure(errors="backslashreplace")


def leave_to_nobody() -> None:
    """Whoever read our output has gone: what is still to be written goes nowhere, also at the end of Python."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    os.close(null)
