"""A virtual environment option with a path that is no virtual environment (F209)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, Server
from enuf.doctor.facts.uwsgi import comment_in
from enuf.doctor.rule import Diagnostic, Rule, at_option, write_value
from enuf.syntax.uwsgi_config import ParsedOption

_INSIDE = re.compile(
    r"(?P<venv>.+?)/(?:bin|Scripts)(?:/(?:python[\d.]*|activate(?:\.\w+)?|pip[\d.]*|uwsgi)?)?/?"
)


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every venv option that names the interpreter, the bin folder or a script in it."""
    for server in evidence.servers:
        for option in server.config.all("home"):
            match = _INSIDE.fullmatch(option.value)
            if match and not comment_in(option):
                yield _diagnostic(server, option, match["venv"])
            elif not option.unresolved and evidence.fact(option.value).kind == "file":
                yield _diagnostic(server, option, "")


def _diagnostic(server: Server, option: ParsedOption, folder: str) -> Diagnostic:
    ignored = server.build == "pyuwsgi"
    consequence = (
        "pyuwsgi ignores it" if ignored else "Python finds no library there, and uWSGI exits at once"
    )
    written = option.written.raw.removesuffix(option.value[len(folder) :]) if folder else ""
    return at_option(
        option,
        f"{option.key} wants the folder of a virtual environment, not something inside of it: {consequence}",
        severity="warning" if ignored else None,
        hint=f"{option.key} = {written or 'the folder that holds pyvenv.cfg'}",
        fix=write_value(option, written) if written else None,
    )


RULE = Rule("U015", "venv-is-python-binary", "error", check)
