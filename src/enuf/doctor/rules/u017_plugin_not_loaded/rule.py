"""A distribution's uWSGI without its Python plugin (F212)."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, Server
from enuf.doctor.rule import Rule, Sign, add_options, at_option

_PROGRAMS = ("/usr/bin/uwsgi", "/usr/bin/uwsgi-core", "/usr/sbin/uwsgi")


def check(evidence: Evidence) -> Iterator[Sign]:
    """Every app that the distribution's uWSGI is to serve without a plugin for Python."""
    for server in evidence.servers:
        if (
            not server.is_whole
            or server.config.is_on("autoload") is not False
            or not _is_distribution(server, evidence)
        ):
            continue
        plugins = " ".join(option.value for option in server.config.all("plugins"))
        if any(name in plugins for name in ("python", "pypy", "$", "%")):
            continue
        sure = any(name.startswith("uwsgi-plugin-python") for name in evidence.packages)
        yield at_option(
            server.targets[0].option,
            f"the distribution's uWSGI has no Python inside: without its plugin `{server.targets[0].option.key}` means nothing to it, "
            "and every request ends in 502",
            severity="error" if sure else None,
            hint="plugins = python3",
            fix=add_options(server.config, "plugins = python3", safe=sure),
        )


def _is_distribution(server: Server, evidence: Evidence) -> bool:
    """True when its program is the distribution's, and no pip has put another one in that place."""
    program = server.start.program if server.start else ""
    packaged = any(name.startswith("uwsgi-plugin-python") for name in evidence.packages)
    from_pip = {"uwsgi", "pyuwsgi"} & evidence.packages and not packaged
    return not from_pip and (program in _PROGRAMS or (packaged and program in ("", "uwsgi")))


RULE = Rule("U017", "plugin-not-loaded", "warning", check, "safe")
