"""A buffer too small for an ordinary large cookie (F160)."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, Server
from enuf.doctor.facts.uwsgi import complete_servers
from enuf.doctor.rule import Diagnostic, Rule, add_options, at_config, at_option, write_value
from enuf.model.numbers import decimal

_DEFAULT = 4096
_ENOUGH = 8192
_ADVISED = 32768


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every complete server behind the uwsgi protocol whose buffer is too small.

    Too small is smaller than one header that nginx lets through.
    """
    for server in complete_servers(evidence):
        if not any(listener.protocol == "uwsgi" for listener in server.listeners):
            continue
        diagnostic = _diagnostic(server)
        if diagnostic:
            yield diagnostic


def _diagnostic(server: Server) -> Diagnostic | None:
    option = server.config.last("buffer-size")
    hint = f"buffer-size = {_ADVISED}"
    why = "a request whose headers are larger than that gets 502: a big cookie, a long query"
    if option is None:
        return at_config(
            server.config,
            f"buffer-size is left at {_DEFAULT} bytes, and {why}",
            severity="advice",
            hint=hint,
            fix=add_options(server.config, hint),
        )
    size = option.number
    if size is None or decimal(option.value) is None or size >= _ENOUGH:
        return None  # U003 reports a value that is no plain number
    return at_option(
        option, f"buffer-size is {size} bytes, and {why}", hint=hint, fix=write_value(option, str(_ADVISED))
    )


RULE = Rule("U001", "buffer-size-overflow", "warning", check)
