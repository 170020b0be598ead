"""A distribution's uWSGI without its Python plugin (F212)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, Server
from enuf.doctor.rule import Diagnostic, Rule, add_options, at_option

_BY_PIP = re.compile(r"\bpip[\d.]*\s[^\n;&|]*\binstall\b[^\n;&|]*\b(?:py)?uwsgi\b(?!-)", re.IGNORECASE)
_LISTED = re.compile(r"^[ \t]*[\"']?(?:py)?uwsgi\b(?!-)", re.IGNORECASE | re.MULTILINE)
_PROGRAMS = ("/usr/bin/uwsgi", "/usr/bin/uwsgi-core", "/usr/sbin/uwsgi")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every app that the distribution's uWSGI serves, or may serve, without a Python plugin."""
    packaged = any(name.startswith("uwsgi-plugin-python") for name in evidence.packages)
    for server in evidence.servers:
        if not server.is_complete or server.config.is_on("autoload") is not False or _loads_python(server):
            continue
        option = server.targets[0].option
        fix = add_options(
            server.config,
            "plugins = python3",
            asks="" if packaged else "a uWSGI from pip has Python inside and no such plugin",
        )
        if _is_distribution(server, evidence, packaged):
            yield at_option(
                option,
                f"the distribution's uWSGI has no Python inside: without its plugin `{option.key}` has no effect, "
                "and every request ends in 502",
                severity="error" if packaged and server.start else None,
                hint="plugins = python3",
                fix=fix,
            )
        elif _is_unknown_build(server):
            yield at_option(
                option,
                f"if this is Debian's or Ubuntu's uWSGI, it has no Python inside and ignores `{option.key}`",
                severity="advice",
                hint="plugins = python3 (not needed for a uWSGI from pip)",
                fix=fix,
            )


def _loads_python(server: Server) -> bool:
    plugins = " ".join(option.value for option in server.config.all("plugins"))
    program = server.start.executable.rpartition("/")[2] if server.start else ""
    if program.startswith(("uwsgi_", "uwsgi-")) and "python" in program:
        return True  # uWSGI loads the plugin that its own name ends with
    return any(name in plugins for name in ("python", "pypy", "$", "%"))


def _is_unknown_build(server: Server) -> bool:
    """Return True if no file shows which build of uWSGI it is."""
    config = server.config
    return (
        not server.build
        and not server.start
        and not config.last("home", "binary-path")
        and not config.is_on("strict")
    )


def _is_distribution(server: Server, evidence: Evidence, packaged: bool) -> bool:
    """Return True if the distribution's uWSGI is started and pip has not replaced it."""
    executable = server.start.executable if server.start else ""
    from_pip = _comes_from_pip(evidence) if packaged else bool({"uwsgi", "pyuwsgi"} & evidence.packages)
    installed = executable in _PROGRAMS and server.build == "distribution"
    return not from_pip and (installed or (packaged and executable in ("", "uwsgi")))


def _comes_from_pip(evidence: Evidence) -> bool:
    """Return True if pip installs a uWSGI beside the distribution's: /usr/local/bin comes first."""
    commands = (each.text.replace("\\\n", " ") for each in evidence.of_kind("dockerfile", "script"))
    listed = (each.text for each in evidence.of_kind("packages"))
    return any(map(_BY_PIP.search, commands)) or any(map(_LISTED.search, listed))


RULE = Rule("U017", "plugin-not-loaded", "warning", check)
