"""pyuwsgi runs inside a Python that was there before the ini was read (F209)."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, Server
from enuf.doctor.facts.uwsgi import comment_in, may_be_pyuwsgi
from enuf.doctor.rule import Rule, Sign, at_option
from enuf.syntax.uwsgi_config import Option


def check(evidence: Evidence) -> Iterator[Sign]:
    """Every venv option of a server that is, or may be, pyuwsgi of another environment."""
    for server in evidence.servers:
        option = server.config.last("home")
        if (
            option is None
            or option.open
            or comment_in(option)
            or not may_be_pyuwsgi(server)
            or _is_of(server, option)
        ):
            continue
        sure = server.build == "pyuwsgi"
        yield at_option(
            option,
            f"{'pyuwsgi' if sure else 'if this uWSGI comes from pyuwsgi, it'} ignores {option.key}: "
            "it runs in the Python that it is installed in, whatever stands here",
            severity=None if sure else "advice",
            hint=f"start {option.value.rstrip('/')}/bin/uwsgi",
        )


def _is_of(server: Server, option: Option) -> bool:
    """True when the program that is started lies in that very environment."""
    start = server.start
    return start is not None and start.program.startswith(option.value.rstrip("/") + "/bin/")


RULE = Rule("U016", "venv-ignored-by-pyuwsgi", "warning", check)
