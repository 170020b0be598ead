"""`http` and `socket` at one address: the second bind fails and uWSGI exits."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, Listener
from enuf.doctor.rule import Diagnostic, Rule, at_option
from enuf.model.address import TcpAddress

_EVERY = ("0.0.0.0", "::", "")  # noqa: S104 - compared, not bound


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every socket at the port that the HTTP router of the configuration already has."""
    for server in evidence.servers:
        routers = [each for each in server.listeners if each.router and _is_plain(each)]
        for listener in server.listeners:
            if listener.router or not _is_plain(listener):
                continue
            router = next((each for each in routers if _is_shared(each, listener)), None)
            if router is not None:
                yield at_option(
                    listener.option,
                    f"{router.option.key} listens at {router.option.value} already, and one port has one listener: "
                    "uWSGI exits with `bind(): Address already in use`",
                    hint=f"one of both lines, or another port: {router.option.key} speaks HTTP, "
                    f"{listener.option.key} is for nginx",
                    evidence=(
                        f"{router.option.written.file}:{router.option.written.line}: {router.option.key}",
                    ),
                )


def _is_plain(listener: Listener) -> bool:
    return not listener.option.conditional and not listener.option.unresolved


def _is_shared(router: Listener, listener: Listener) -> bool:
    one, other = router.address, listener.address
    if not isinstance(one, TcpAddress) or not isinstance(other, TcpAddress) or one.port != other.port:
        return False
    return one.host == other.host or one.host in _EVERY or other.host in _EVERY


RULE = Rule("U078", "two-listeners-at-one-address", "error", check)
