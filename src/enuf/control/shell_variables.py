"""The variables of this shell that a reload does not take, compared with those that the stack was started with."""

from __future__ import annotations

from collections.abc import Mapping

import psutil

_OF_A_SHELL = frozenset(
    ("COLUMNS", "DISPLAY", "LANG", "LANGUAGE", "LINES", "LS_COLORS", "OLDPWD", "PATH", "PS1", "PWD", "SHLVL", "STY", "TERM", "TMUX", "TMUX_PANE", "WINDOWID", "_")
)  # fmt: skip
_OF_A_SESSION = ("BASH_", "COLORTERM", "DBUS_", "GPG_", "LC_", "SSH_", "SUDO_", "TERM_", "VSCODE_", "XDG_")


def not_taken(supervisor: int, environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names of the variables that the stack was started with and that have another value in `environ`.

    Variables of terminals and sessions are left out, and so is the language of who types. Return none where the supervisor cannot be looked into.
    """
    try:
        started_with = psutil.Process(supervisor).environ()
    except (psutil.Error, OSError, ValueError):
        return ()
    return tuple(
        sorted(
            name
            for name, value in started_with.items()
            if environ.get(name, value) != value
            and name not in _OF_A_SHELL
            and not name.startswith(_OF_A_SESSION)
        )
    )
