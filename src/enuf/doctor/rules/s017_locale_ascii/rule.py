"""A service whose Python writes ASCII only."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, Server
from enuf.doctor.facts.loaded_files import loaded_files
from enuf.doctor.rule import Diagnostic, Rule, add_options, at_config, at_line, at_option, by_hand

_NAMES = ("LC_ALL", "LC_CTYPE", "LANG", "PYTHONIOENCODING", "PYTHONUTF8")
_ASCII = ("c", "posix", "en_us", "en_us.ascii", "ansi_x3.4-1968", "ascii")
_LINE = "env = LC_ALL=C.UTF-8"


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every server with the locale C, and services without a locale whose app has other characters."""
    for server in evidence.servers:
        if server.build == "pyuwsgi":
            continue
        settings = _settings(server)
        utf8 = any(name.startswith("PYTHON") for name in settings)
        bad = next((name for name in ("LC_ALL", "LC_CTYPE", "LANG") if name in settings), "")
        if bad and not utf8 and settings[bad].strip("\"'").lower() in _ASCII:
            yield _written(server, bad)
        elif not settings and _is_bare_service(server) and _has_other_characters(evidence, server):
            yield at_config(
                server.config,
                "no locale is set for this service: where the system names none either, Python writes ASCII only, "
                "and text with other characters ends in UnicodeEncodeError",
                severity="advice",
                hint=_LINE,
                fix=add_options(
                    server.config,
                    _LINE,
                    "env = PYTHONIOENCODING=utf-8",
                    asks="the app may rely on the locale that it has",
                ),
            )


def _settings(server: Server) -> dict[str, str]:
    start = dict(server.start.environ) if server.start else {}
    pairs = [option.value.partition("=") for option in server.config.all("env")]
    both = {**start, **{name.strip(): value.strip() for name, _, value in pairs}}
    return {name: value for name, value in both.items() if name in _NAMES}


def _written(server: Server, name: str) -> Diagnostic:
    message = f"{name} names the C locale: Python writes ASCII only, and text with other characters ends in UnicodeEncodeError"
    for option in server.config.all("env"):
        if option.value.partition("=")[0].strip() == name:
            return at_option(option, message, hint=_LINE, fix=by_hand(f"write `{_LINE}`"))
    start = server.start
    file, line = (start.file, start.line) if start else (server.config.main_file, 1)
    return at_line(file, line, message, hint=f"{name}=C.UTF-8", fix=by_hand(f"write {name}=C.UTF-8"))


def _is_bare_service(server: Server) -> bool:
    """Return True for a unit that shows its whole environment.

    A uWSGI that sets the locale by itself does not count.
    """
    start = server.start
    return bool(
        start
        and start.kind == "unit"
        and not start.environ_incomplete
        and server.is_complete
        and server.build != "pyuwsgi"
    )


def _has_other_characters(evidence: Evidence, server: Server) -> bool:
    return any(not python_file.text.isascii() for python_file in loaded_files(evidence, server))


RULE = Rule("S017", "locale-ascii", "warning", check)
