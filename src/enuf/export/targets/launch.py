"""How the plain servers are started and ended in a container of their own."""

from __future__ import annotations

from collections.abc import Sequence

LAUNCHER = "with_secrets.py"


def graceful(command: Sequence[str]) -> tuple[str, ...]:
    """Return the command of an app server that finishes its requests on TERM.

    uWSGI's own TERM cuts them (F66), also with die-on-term; gunicorn finishes them by itself.
    """
    if not any(word.endswith("/uwsgi") for word in command[:2]):
        return tuple(command)
    return (*command, "--hook-master-start", "unix_signal:15 gracefully_kill_them_all")


def launcher_program() -> str:
    """Return the program that reads variables from a file with secrets, and becomes the command that follows."""
    return '''"""Read NAME=value lines from the file of a secret, and become the command that follows. Written by enuf export."""

import os
import sys

from dotenv import dotenv_values

file, *command = sys.argv[1:]
values = {name: value for name, value in dotenv_values(file).items() if value is not None}
os.execvpe(command[0], command, {**values, **os.environ})
'''
