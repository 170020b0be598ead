"""The three standard streams, usable in whatever state the caller left them."""

from __future__ import annotations

import os
import sys


def ensure_std_streams() -> None:
    """Open descriptors 0 to 2 and their streams, and make printing succeed for every character.

    A closed descriptor would be given to the next socket that is opened, and servers inherit sockets by
    number.
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
    """Redirect stdout and stderr to /dev/null where they cannot be written: a closed pipe, or a full disk.

    Python writes what is left in their buffers when it exits, and a failure of that would replace the exit
    code by 120.
    """
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, stream.fileno())
            os.close(null)
