"""The commands that a hint shows: with full paths, because sudo searches system folders only."""

from __future__ import annotations

import contextlib
import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from enuf.errors import PrivilegeNeeded
from enuf.system.files import read_regular
from enuf.system.own_code import WAY_OUT, foreign_code


def own_command() -> tuple[str, ...]:
    """Return the words that start this enuf from any folder."""
    program = Path(sys.argv[0])
    if program.name == "enuf" and program.is_file() and os.access(program, os.X_OK):
        return (str(Path(os.path.abspath(program))),)  # noqa: PTH100 - links stay: they tell which virtualenv
    return (sys.executable, "-P", "-m", "enuf")


def installer(executable: str, prefix: str) -> str:
    """Return the command that installs a distribution for this Python, whose environment is below `prefix`."""
    python = shlex.quote(executable)
    with contextlib.suppress(OSError):
        if "\nuv = " in "\n" + read_regular(Path(prefix) / "pyvenv.cfg").decode("utf-8", "replace"):
            return f"uv pip install --python {python}"  # uv makes environments without pip
    return f"{python} -m pip install"


def with_sudo(arguments: Sequence[str] | None = None, user: str = "") -> str:
    """Return the command line that does this as root, or as `user`.

    By default, with the arguments of this very run. Root is never sent to an enuf that a third user can change:
    such a hint names an enuf of root's, and how to make it.
    """
    words = sys.argv[1:] if arguments is None else arguments
    if not user and is_code_of_others():
        return f"{shlex.join(('sudo', '/opt/enuf/bin/enuf', *words))} (an enuf that only root can change: {WAY_OUT})"
    account = ("-u", f"#{user}" if user.isdigit() else user) if user else ()
    return shlex.join(("sudo", *account, *own_command(), *words))


def is_code_of_others() -> bool:
    """Return True where a user other than root and ourselves can change the code that we run."""
    return foreign_code(frozenset({0, os.geteuid()})) is not None


def refuse_without_root(what: str) -> None:
    """Raise PrivilegeNeeded, with the exact command, unless we are root."""
    if os.geteuid() != 0:
        raise PrivilegeNeeded(f"only root may {what}", with_sudo())
