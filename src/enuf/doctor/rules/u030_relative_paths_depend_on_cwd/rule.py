"""Relative paths, of which some count from the start folder and others from chdir (F206)."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, Server
from enuf.doctor.facts.uwsgi import comment_in
from enuf.doctor.rule import Diagnostic, Rule, at_option, write_value
from enuf.model.finding import Fix
from enuf.syntax.uwsgi_config import ParsedOption

_FROM_START = (
    "pidfile",
    "pidfile2",
    "safe-pidfile",
    "safe-pidfile2",
    "logto",
    "logto2",
    "daemonize",
    "daemonize2",
)
_FROM_CHDIR = ("socket", "http-socket")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every relative pid file, log or socket.

    A known start folder without chdir makes relative paths safe.
    """
    for server in evidence.servers:
        moved = server.config.last("chdir") is not None
        if not moved and server.start and server.start.directory:
            continue
        for option in server.config.options:
            if option.name in _FROM_START and _is_relative(option):
                yield _diagnostic(server, option, moved)
            elif option.name in _FROM_CHDIR and _is_relative(option) and not moved:
                yield at_option(
                    option,
                    f"`{option.value}` is relative to the folder where uWSGI is started: nginx needs one fixed path",
                    severity="advice",
                    hint=f"{option.key} = %d{option.value.removeprefix('./')} (%d is the folder of this file)",
                )


def _is_relative(option: ParsedOption) -> bool:
    value = option.value
    return (
        bool(value)
        and not option.unresolved
        and ":" not in value
        and value[0] not in "/@%"
        and not comment_in(option)
    )


def _diagnostic(server: Server, option: ParsedOption, moved: bool) -> Diagnostic:
    value = "%d" + option.value.removeprefix("./")
    return at_option(
        option,
        f"{option.key} counts from the folder that uWSGI is started in"
        + (", not from chdir: it lands in surprising places" if moved else ", which nobody fixes here"),
        severity=None if moved else "advice",
        hint=f"{option.key} = {value} (%d is the folder of this file)",
        fix=_fix(server, option, value),
    )


def _fix(server: Server, option: ParsedOption, value: str) -> Fix | None:
    in_ini = option.written.file in server.config.files and option.written.file.endswith(".ini")
    is_path = "/" in option.value or "." in option.value  # `daemonize = true` was not meant as one
    return write_value(option, value) if in_ini and is_path and ".." not in value else None


RULE = Rule("U030", "relative-paths-depend-on-cwd", "warning", check)
