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
    """Direct stdout and stderr to /dev/null where they cannot be written: the reader has gone, or the disk is full.

    Python writes what is left in their buffers when it exits, and a failure of that would replace the exit code by 120.
    """
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, stream.fileno())
            os.close(null)
