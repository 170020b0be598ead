"""A venv option of pyuwsgi, whose Python runs before the ini is read (F209)."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, Server
from enuf.doctor.facts.uwsgi import comment_in, may_be_pyuwsgi
from enuf.doctor.rule import Diagnostic, Rule, at_option
from enuf.syntax.uwsgi_config import ParsedOption


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every venv option of a server that is, or may be, pyuwsgi of another environment."""
    for server in evidence.servers:
        option = server.config.last("home")
        if (
            option is None
            or option.unresolved
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


def _is_of(server: Server, option: ParsedOption) -> bool:
    """Return True if the started executable lies in that environment."""
    start = server.start
    return start is not None and start.executable.startswith(option.value.rstrip("/") + "/bin/")


RULE = Rule("U016", "venv-ignored-by-pyuwsgi", "warning", check)
