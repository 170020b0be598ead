"""A daemonize with umask 0, so that everybody can write the files that uWSGI creates."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, Server
from enuf.doctor.rule import Diagnostic, Rule, add_options, at_option, write_value
from enuf.model.address import UnixAddress

_MASK = "022"
"""It keeps what the app writes readable for nginx, which may serve uploads as another user."""
_SOCKET = "the socket then has mode 0755: name its mode with chmod-socket, or nginx gets 502"


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every daemonize without an umask, or with an umask that removes no right."""
    for server in evidence.servers:
        option = server.config.last("daemonize", "daemonize2")
        umask = server.config.last("umask")
        if option is None or not server.config.is_complete or (umask and umask.value.strip("0")):
            continue
        with_pid = option.key == "daemonize" and server.config.last("pidfile", "pidfile2", "safe-pidfile")
        asks = _SOCKET if _has_socket_by_umask(server) else ""
        yield at_option(
            umask or option,
            "a uWSGI that daemonizes makes its pid file with mode 0666: who may write the pid file chooses which process "
            "`uwsgi --stop` ends"
            if with_pid
            else "a uWSGI that daemonizes has umask 0: everybody may write the files that the app makes",
            hint=f"umask = {_MASK}",
            fix=write_value(umask, _MASK, asks=asks)
            if umask
            else add_options(server.config, f"umask = {_MASK}", asks=asks),
        )


def _has_socket_by_umask(server: Server) -> bool:
    """Return True for a unix socket whose mode follows from the umask: 022 would shut nginx out."""
    unix = any(isinstance(each.address, UnixAddress) for each in server.listeners)
    return unix and server.config.last("chmod-socket") is None


RULE = Rule("U038", "daemonize-world-writable-files", "warning", check)
