"""What follows from a uWSGI configuration: its master, its workers, its unintended comments."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, Listener, Server
from enuf.model.address import TcpAddress
from enuf.syntax.uwsgi_config import ParsedOption, UwsgiConfig
from enuf.syntax.uwsgi_options import IMPLY_MASTER
from enuf.syntax.uwsgi_values import option_kind

_COMMENT = re.compile(r"(?<![ \t])[ \t]+(#(?!\})|;|//).*", re.DOTALL)
_FREE_TEXT = re.compile(
    r"(.*hook.*|exec-.*|.*cron.*|.*attach-.*|.*route.*|log-?format|.*header.*|eval|if-.*|for.*|print|iprint|alarm.*|"
    r"mule.*|timer|signal.*|touch-exec|error-page-.*|python-raw|worker-exec.*|call-.*|procname.*|.*-filter|.*encoder|"
    r"req-logger|logger|set|set-ph|set-placeholder|emperor-wrapper.*|vassals?-.*)"
)
_RELOAD = re.compile(r"uwsgi\b[^\n]{0,200}?--reload\b|kill\s+-(s\s+)?(SIG)?HUP\b")
APP_OPTIONS = ("callable", "module", "wsgi-file", "mount")
"""Options that name the app."""


def all_options(evidence: Evidence) -> Iterator[tuple[Server, ParsedOption]]:
    """Yield every option of every server."""
    for server in evidence.servers:
        for option in server.config.options:
            yield server, option


def complete_servers(evidence: Evidence) -> Iterator[Server]:
    """Yield the servers with a complete configuration, whose missing lines mean something."""
    return (server for server in evidence.servers if server.is_complete)


def comment_in(option: ParsedOption) -> str:
    """Return the part of a value that was meant as a comment, with the blanks before it, or an empty text.

    Commands and formats may contain `#`, `;` and `//` rightly.
    """
    if _FREE_TEXT.fullmatch(option.key):
        return ""
    match = _COMMENT.search(option.written.raw)
    return match[0] if match else ""


def without_comment(option: ParsedOption) -> str:
    """Return the value without the comment in it."""
    raw = option.written.raw
    return raw.removesuffix(comment_in(option)) if comment_in(option) else raw


def is_flag(option: ParsedOption) -> bool:
    """Return True for an option that is on or off."""
    return option_kind(option.key) == "flag"


def has_unknown_part(option: ParsedOption) -> bool:
    """Return True for a value with a part that only the machine knows, as `%(_)` below a condition is."""
    return option.unresolved or "%(" in option.value


def is_number(option: ParsedOption) -> bool:
    """Return True for an option that uWSGI reads with atoi."""
    return option_kind(option.key) == "number"


def has_master(config: UwsgiConfig) -> bool | None:
    """Return whether a master runs, stated or implied by another option; None if a condition decides."""
    own = config.last("master")
    if own is not None:
        return None if own.conditional else own.is_on
    return any(option.key in IMPLY_MASTER for option in config.options)


def processes(config: UwsgiConfig) -> int | None:
    """Return the number of workers, None if only the machine knows it."""
    return config.number("processes", 1)


def threads(config: UwsgiConfig) -> int | None:
    """Return the number of threads in each worker, None if only the machine knows it."""
    return config.number("threads", 1)


def capacity(config: UwsgiConfig) -> int | None:
    """Return how many requests a server can answer at once.

    None if that is unknown, or if the server switches between tasks by itself.
    """
    if config.last("gevent", "async", "asyncio", "ugreen", "greenlet", "loop"):
        return None
    one, other = processes(config), threads(config)
    return None if one is None or other is None else max(one, 1) * max(other, 1)


def tcp_address(listener: Listener) -> TcpAddress | None:
    """Return the TCP address of a listener, None for a unix socket or an unknown address."""
    return listener.address if isinstance(listener.address, TcpAddress) else None


def is_loopback(address: TcpAddress) -> bool:
    """Return True for an address that only this machine reaches."""
    return address.host in ("127.0.0.1", "localhost", "::1") or address.host.startswith("127.")


def any_python_matches(evidence: Evidence, pattern: re.Pattern[str]) -> bool:
    """Return True if a Python file matches the pattern."""
    return any(pattern.search(python_file.text) for python_file in evidence.python_files)


def reload_commands(evidence: Evidence) -> tuple[str, ...]:
    """Return where the files reload uWSGI by its pid or by a signal: units, scripts, Makefiles."""
    index = evidence.index
    if index.reloads is None:
        index.reloads = tuple(_reloads(evidence)) if evidence.servers else ()
    return index.reloads


def _reloads(evidence: Evidence) -> Iterator[str]:
    yield from (f"ExecReload in {unit.name}" for unit in evidence.units if unit.value("ExecReload"))
    for file in evidence.of_kind("script", "procfile", "dockerfile", "compose", "other"):
        if _RELOAD.search(file.text):
            yield f"a reload in {file.path.rpartition('/')[2]}"


def may_be_pyuwsgi(server: Server) -> bool:
    """Return True unless the files show another build than pyuwsgi."""
    return server.build in ("pyuwsgi", "")
