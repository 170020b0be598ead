"""Quotes around a value, which uWSGI takes as part of the value."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.uwsgi import all_options
from enuf.doctor.rule import Diagnostic, Rule, at_option, write_value

_BREAKS = frozenset(
    (
        "chdir",
        "socket",
        "http-socket",
        "http",
        "module",
        "wsgi-file",
        "callable",
        "home",
        "pythonpath",
        "pidfile",
        "logto",
        "daemonize",
        "uid",
        "gid",
        "plugins",
        "plugins-dir",
        "chmod-socket",
        "chown-socket",
        "stats",
    )
)


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every quoted path, address or name in an ini file."""
    for server, option in all_options(evidence):
        raw = option.written.raw
        quoted = len(raw) > 1 and raw[0] == raw[-1] and raw[0] in "\"'"
        if (
            quoted
            and option.name in _BREAKS
            and option.written.file in server.config.files
            and _is_ini(option.written.file)
        ):
            yield at_option(
                option,
                f"uWSGI takes the quotes as part of the value: {option.key} is {option.value} with its quotes",
                hint=f"{option.key} = {raw[1:-1]}",
                fix=write_value(option, raw[1:-1]),
            )


def _is_ini(path: str) -> bool:
    return not path.endswith((".json", ".js", ".yaml", ".yml", ".xml"))


RULE = Rule("D002", "ini-quoted-value", "error", check)
