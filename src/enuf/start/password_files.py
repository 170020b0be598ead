"""The password files of [access]: looked at before a start, with the rights of the user who must read them."""

from __future__ import annotations

import stat
from pathlib import Path

from enuf.errors import SettingsInvalid
from enuf.settings.schema import Settings
from enuf.syntax.password_file import fault_in_passwords, libc_schemes
from enuf.system import files
from enuf.system.libc_crypt import can_check

_LIMIT_BYTES = 64 * 1024
_MAKE = (
    "make a line for it: printf 'NAME:%s\\n' \"$(openssl passwd -6)\" (asks for the password), or htpasswd -B"
)
UNUSABLE = "password-file-unusable"


def refuse_unusable_passwords(project: Path, settings: Settings) -> None:
    """Raise SettingsInvalid for a password file that nginx could not use, or that others can read."""
    for path in map(Path, settings.access.paths_in(str(project))):
        problem = problem_with(path, embedded=settings.nginx == "embedded")
        if problem:
            summary, _, hint = problem.partition("\n")
            raise SettingsInvalid(f"access.passwords: {summary}", hint, slug=UNUSABLE)


def problem_with(path: Path, *, embedded: bool) -> str:
    """Return the fault of a password file and, on the next line, the cure; empty for a good file.

    The `embedded` nginx has a C library of its own, which knows all that we accept; another one has the system's.
    """
    try:
        status = path.stat()
        content = files.read_regular(path, _LIMIT_BYTES + 1)
    except FileNotFoundError:
        return f"there is no file {path}\n{_MAKE} >> {path}"
    except OSError as error:
        return f"{path} cannot be read: {error.strerror or error}\ngive the user who runs nginx the right to read it"
    if status.st_mode & stat.S_IRWXO:
        return f"every user of this machine can read or change {path}\nchmod o= {path}"
    if len(content) > _LIMIT_BYTES:
        return f"{path} is larger than 64k, and nginx reads it for each request\nname fewer people in it"
    text = content.decode("utf-8", "replace")
    fault = fault_in_passwords(text)
    unknown = [] if embedded else [scheme for scheme in libc_schemes(text) if not can_check(scheme)]
    if unknown and not fault:
        fault = f"this system's C library, and so its nginx, cannot check hashes that begin with {' or '.join(unknown)}"
    return f"{path}: {fault}\n{_MAKE}" if fault else ""
