"""The queue of connections in front of a uWSGI's workers (F199)."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Server
from enuf.doctor.facts.uwsgi import capacity
from enuf.doctor.rule import Diagnostic, add_options, at_config, at_option, write_value

_DEFAULT = 100
_FEW_WORKERS = 8
_ADVISED = 1024


def short_queue(server: Server, consequence: str) -> Iterator[Diagnostic]:
    """Report a server whose queue is short.

    Yield no diagnostic while the size of the queue or the number of workers is unknown.
    """
    workers = capacity(server.config)
    queue = server.config.number("listen", _DEFAULT)
    option = server.config.last("listen")
    if workers is None or queue is None or queue > _DEFAULT or (workers > _FEW_WORKERS and queue == _DEFAULT):
        return
    message = f"at most {queue} requests can wait for {workers} at work: in a burst {consequence}"
    hint = f"listen = {_ADVISED} (not above net.core.somaxconn)"
    if option is None:
        fix = add_options(server.config, f"listen = {_ADVISED}", safe=False)
        yield at_config(server.config, message, severity="advice", hint=hint, fix=fix)
    else:
        severity = "warning" if queue < _DEFAULT else "advice"
        yield at_option(
            option, message, severity=severity, hint=hint, fix=write_value(option, str(_ADVISED), safe=False)
        )
