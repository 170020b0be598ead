"""Different TCP ports: nginx connects to one, uWSGI listens on another."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, Listener, Pair
from enuf.doctor.facts.containers import are_apart, together
from enuf.doctor.facts.links import has_containers, intended_listener, is_local, is_one_project
from enuf.doctor.facts.nginx import is_template
from enuf.doctor.facts.uwsgi import comment_in
from enuf.doctor.rule import Diagnostic, Rule, at_directive, write_argument
from enuf.model.address import TcpAddress


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every pass to a TCP address without a listener, if exactly one uWSGI can be meant."""
    for pair in evidence.pairs:
        listener, address = intended_listener(pair), pair.site_pass.address
        directive = pair.site_pass.named_by
        other = _of_another_protocol(pair) if listener is None else None
        if other is not None and not is_template(evidence, directive.file):
            yield _nowhere(pair, other)
        if listener is None or not isinstance(address, TcpAddress):
            continue
        if comment_in(listener.option) or is_template(evidence, directive.file):
            continue
        if are_apart(pair) and is_local(address):
            continue  # no port of another container is reached by this address
        if _is_public(address) and not _is_service(address, listener, pair):
            continue  # a machine of its own
        if any(each.listener for each in evidence.pairs_of_pass(pair.site_pass)):
            continue  # another member of the upstream answers: nginx asks that one when this one refuses
        sure = _is_sure(address, listener, pair) and is_one_project(pair) and not has_containers(evidence)
        sure = sure or _is_service(address, listener, pair)
        right = _right(address, listener)
        plain = directive.name in ("uwsgi_pass", "server") and directive.arg() == str(address)
        yield at_directive(
            directive,
            f"nginx connects to {address}, and the uWSGI of these files listens on "
            f"{listener.option.value}: 502 on every URL",
            severity="error" if sure else None,
            hint=f"{directive.name} {right};" if plain else f"connect to {right}",
            fix=write_argument(
                directive, 0, right, asks="another program may listen at the port that is written"
            )
            if plain
            else None,
            evidence=(
                f"{listener.option.written.file}:{listener.option.written.line}: "
                f"{listener.option.key} = {listener.option.value}",
            ),
        )


def _of_another_protocol(pair: Pair) -> Listener | None:
    """Return the one TCP listener of a container that a pass names, if both its port and its protocol differ."""
    address, listeners = pair.site_pass.address, pair.server.listeners
    if pair.listener is not None or not isinstance(address, TcpAddress) or len(listeners) != 1:
        return None
    other = listeners[0].address
    named = any(address.host in far.names for _, far in together(pair.site_pass, pair.server))
    differs = (
        isinstance(other, TcpAddress)
        and other.port != address.port
        and listeners[0].protocol != pair.site_pass.protocol
        and not listeners[0].option.conditional
    )
    return listeners[0] if named and differs else None


def _nowhere(pair: Pair, listener: Listener) -> Diagnostic:
    directive, address = pair.site_pass.named_by, pair.site_pass.address
    port = address.port if isinstance(address, TcpAddress) else 0
    return at_directive(
        directive,
        f"nginx connects to {address}, and the uWSGI of these files listens on {listener.option.value} alone, for {listener.protocol}: "
        "502 on every URL",
        hint=f"socket = :{port}" if directive.name == "uwsgi_pass" else f"http-socket = :{port}",
        evidence=(f"{listener.option.written.file}:{listener.option.written.line}: {listener.option.key}",),
    )


def _is_public(address: TcpAddress) -> bool:
    """Return True for a name with dots, as machines of other networks have."""
    return "." in address.host and any(each.isalpha() for each in address.host)


def _is_sure(address: TcpAddress, listener: Listener, pair: Pair) -> bool:
    """Return True if both addresses are on this machine and differ in the port alone."""
    other = listener.address
    wide = isinstance(other, TcpAddress) and other.host in ("0.0.0.0", "::")  # noqa: S104 - compared, not bound
    return (
        is_local(address)
        and (wide or is_local(other))
        and pair.server.is_complete
        and isinstance(other, TcpAddress)
    )


def _is_service(address: TcpAddress, listener: Listener, pair: Pair) -> bool:
    """Return True if the pass names the container in which this uWSGI listens, and another port."""
    other = listener.address
    named = any(address.host in far.names for _, far in together(pair.site_pass, pair.server))
    return named and pair.server.is_complete and isinstance(other, TcpAddress) and other.port != address.port


def _right(address: TcpAddress, listener: Listener) -> str:
    other = listener.address
    if not isinstance(other, TcpAddress):
        return str(other)
    wide = other.host in ("0.0.0.0", "::", "")  # noqa: S104 - compared, not bound
    return str(TcpAddress(address.host if wide else other.host, other.port))


RULE = Rule("L005", "upstream-port-mismatch", "warning", check)
