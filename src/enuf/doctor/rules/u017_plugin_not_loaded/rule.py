"""A distribution's uWSGI without its Python plugin (F212)."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, Server
from enuf.doctor.rule import Rule, Sign, add_options, at_option

_PROGRAMS = ("/usr/bin/uwsgi", "/usr/bin/uwsgi-core", "/usr/sbin/uwsgi")


def check(evidence: Evidence) -> Iterator[Sign]:
    """Every app that the distribution's uWSGI is to serve, or may be to serve, without a plugin for Python."""
    packaged = any(name.startswith("uwsgi-plugin-python") for name in evidence.packages)
    for server in evidence.servers:
        if not server.is_whole or server.config.is_on("autoload") is not False or _loads_python(server):
            continue
        option = server.targets[0].option
        fix = add_options(server.config, "plugins = python3", safe=packaged)
        if _is_distribution(server, evidence, packaged):
            yield at_option(
                option,
                f"the distribution's uWSGI has no Python inside: without its plugin `{option.key}` means nothing to it, "
                "and every request ends in 502",
                severity="error" if packaged else None,
                hint="plugins = python3",
                fix=fix,
            )
        elif _says_nothing(server):
            yield at_option(
                option,
                f"if this is Debian's or Ubuntu's uWSGI, it has no Python inside and ignores `{option.key}`",
                severity="advice",
                hint="plugins = python3 (not needed for a uWSGI from pip)",
                fix=fix,
            )


def _loads_python(server: Server) -> bool:
    plugins = " ".join(option.value for option in server.config.all("plugins"))
    return any(name in plugins for name in ("python", "pypy", "$", "%"))


def _says_nothing(server: Server) -> bool:
    """True when nothing at all tells which uWSGI it is."""
    config = server.config
    return (
        not server.build
        and not server.start
        and not config.last("home", "binary-path")
        and not config.is_on("strict")
    )


def _is_distribution(server: Server, evidence: Evidence, packaged: bool) -> bool:
    """True when its program is the distribution's, and no pip has put another one in that place."""
    program = server.start.program if server.start else ""
    from_pip = {"uwsgi", "pyuwsgi"} & evidence.packages and not packaged
    return not from_pip and (program in _PROGRAMS or (packaged and program in ("", "uwsgi")))


RULE = Rule("U017", "plugin-not-loaded", "warning", check)
