"""The last command of a script that is given to `sh -c`: a server that the shell starts as its child."""

from __future__ import annotations

import re

from enuf.doctor.machine import Container
from enuf.syntax.shell_lines import script_of_shell, simple_commands

_SERVER = re.compile(
    r"(?:uwsgi|pyuwsgi|gunicorn3?|uvicorn|hypercorn|daphne|granian|waitress-serve|supervisord|nginx)"
)
_RUNNERS = frozenset(("poetry", "pipenv", "uv", "pdm", "hatch", "run", "python", "python3", "-m"))
_ASSIGNED = re.compile(r"[A-Za-z_]\w*=.*", re.DOTALL)
_SHELLS = ("sh", "bash", "dash", "ash")
_WAITS = re.compile(r"tail\s+(?:-\S+\s+)*-[fF]|tail\s+-\w*[fF]|sleep\s+infinity")
_SERVICE = re.compile(r"(?:sudo )?(?:service (?P<name>nginx|uwsgi|supervisor|apache2) (?:start|restart))")
_DEBIAN_IMAGES = frozenset(("python", "debian", "ubuntu", "pypy", "buildpack-deps"))
_NOT_DEBIAN = ("alpine", "windowsservercore", "nanoserver")


def server_without_exec(script: str) -> str:
    """Return the name of the server that is the last command of a script, empty where `exec` stands before it."""
    if re.search(r"^[ \t]*(?:trap|wait)\b", script, re.MULTILINE) or script.rstrip().endswith("&"):
        return ""
    commands = list(simple_commands(script.replace("\n", " ; ").replace("\\ ; ", " ").replace("&& ;", "&&")))
    words = list(commands[-1]) if commands else []
    while words and (_ASSIGNED.fullmatch(words[0]) or words[0] in _RUNNERS):
        words.pop(0)
    name = words[0].rpartition("/")[2] if words else ""
    return name if _SERVER.fullmatch(name) and "--daemon" not in words and "--daemonize" not in words else ""


def child_of_dash(machine: Container) -> str:
    """Return the server that the shell of a container's command starts as its child, empty if there is none.

    dash, the `sh` of Debian, starts each command of `sh -c` as a child; bash and the ash of Alpine give their place to the last
    one.
    """
    words = machine.command
    if len(words) < 3 or words[0] not in ("sh", "/bin/sh", "dash", "/bin/dash") or not is_debian(machine):
        return ""
    return server_without_exec(script_of_shell(words[1:]))


def server_beside_a_wait(machine: Container) -> str:
    """Return the server that a container's shell starts in the background before it waits for ever, empty if there is none."""
    words = machine.command
    if len(words) < 3 or words[0].rpartition("/")[2] not in _SHELLS:
        return ""
    script = script_of_shell(words[1:])
    if re.search(r"\b(?:trap|wait)\b", script):
        return ""
    commands = list(simple_commands(script.replace("\n", " ; ")))
    if not commands or not _WAITS.match(" ".join(commands[-1])):
        return ""
    started = (_SERVICE.fullmatch(" ".join(each)) for each in commands[:-1])
    return next((each["name"] for each in started if each), "")


def is_debian(machine: Container) -> bool:
    """Return True for an image whose tag and name are those of Debian or Ubuntu."""
    name, _, tag = machine.image.lower().partition("@")[0].rpartition("/")[2].partition(":")
    return (
        (name in _DEBIAN_IMAGES or "apt" in machine.installers)
        and not any(word in tag for word in _NOT_DEBIAN)
        and "apk" not in machine.installers
    )
