"""Different socket files: nginx connects to one, uWSGI listens on another."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, Listener, Pair, Pass
from enuf.doctor.facts.containers import are_apart, path_seen_from, together
from enuf.doctor.facts.links import has_containers, intended_listener, is_one_project
from enuf.doctor.facts.nginx import is_template
from enuf.doctor.facts.uwsgi import comment_in
from enuf.doctor.machine import Container, run_together
from enuf.doctor.rule import Diagnostic, Rule, at_directive, write_argument
from enuf.model.address import TcpAddress, UnixAddress
from enuf.syntax.nginx_tree import ParsedDirective


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every pass to a unix socket without a listener, if exactly one uWSGI can be meant."""
    yield from _at_one_path(evidence)
    yield from _beside_ports_alone(evidence)
    for pair in evidence.pairs:
        listener = intended_listener(pair)
        directive = pair.site_pass.named_by
        if listener is None or not isinstance(pair.site_pass.address, UnixAddress):
            continue
        if comment_in(listener.option) or is_template(evidence, directive.file):
            continue
        if are_apart(pair):
            yield _of_containers(pair, listener, directive)
            continue
        if _may_be_one_file(pair, listener):
            continue
        right = str(listener.address)
        written = f"unix:{pair.site_pass.address.path}"
        plain = directive.arg() == written
        yield at_directive(
            directive,
            f"nginx connects to {written}, and the uWSGI of these files listens on {right}: 502 on every URL",
            severity="error" if _is_sure(pair) and _is_one_host(evidence, pair) else None,
            hint=f"{directive.name} {right};" if plain else f"connect to {right}",
            fix=write_argument(
                directive,
                0,
                right,
                asks="the two may see the socket under different paths, as in two containers",
            )
            if plain
            else None,
            evidence=(
                f"{listener.option.written.file}:{listener.option.written.line}: "
                f"{listener.option.key} = {listener.option.value}",
            ),
        )


def _at_one_path(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every pass to the path of a socket that is in another container, in a folder that both do not share."""
    seen: set[int] = set()
    for each in evidence.passes:
        address, directive = each.address, each.named_by
        readers = [machine for machine in each.machines if _reads(machine, each)]
        if not isinstance(address, UnixAddress) or not readers or id(directive) in seen:
            continue
        if is_template(evidence, directive.file):
            continue
        for server in evidence.servers:
            own = next((listener for listener in server.listeners if listener.address == address), None)
            apart = run_together(readers, server.machines)
            if own is None or not apart or not server.is_complete or server.start is None:
                continue
            if all(
                near is not far and near.place(address.path) != far.place(address.path) for near, far in apart
            ):
                seen.add(id(directive))
                yield _of_containers(Pair(site_pass=each, server=server, listener=None), own, directive)
                break


def _reads(machine: Container, site_pass: Pass) -> bool:
    """Return True if the file of a site lies where the nginx of a container reads configurations."""
    places = machine.paths_of(site_pass.match.directive.file)
    return any(
        place.startswith(("/etc/nginx/", "/usr/local/nginx/", "/opt/bitnami/nginx/")) for place in places
    )


def _beside_ports_alone(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every pass to a socket in the container of a uWSGI that listens on TCP ports alone."""
    seen: set[int] = set()
    for pair in evidence.pairs:
        address, directive = pair.site_pass.address, pair.site_pass.named_by
        addresses = [each.address for each in pair.server.listeners]
        if (
            not isinstance(address, UnixAddress)
            or id(directive) in seen
            or is_template(evidence, directive.file)
        ):
            continue
        if (
            any(each.listener for each in evidence.pairs_of_pass(pair.site_pass))
            or not pair.server.is_complete
        ):
            continue
        one = any(near is far for near, far in together(pair.site_pass, pair.server))
        if one and addresses and all(isinstance(each, TcpAddress) for each in addresses):
            seen.add(id(directive))
            first = pair.server.listeners[0].option
            shown = ", ".join(str(each) for each in addresses)
            yield at_directive(
                directive,
                f"nginx connects to {address}, and the uWSGI of this container listens on {shown} alone: 502 on every URL",
                hint=f"socket = {address.path}   in place of {first.key} = {first.value}",
                evidence=(f"{first.written.file}:{first.written.line}: {first.key} = {first.value}",),
            )


def _may_be_one_file(pair: Pair, listener: Listener) -> bool:
    """Return True for a relative path, counted from a folder that no file names, which nginx's own path ends with."""
    address, written = pair.site_pass.address, posixpath.normpath(listener.option.value)
    return (
        not pair.server.directory_known
        and not written.startswith(("/", ".."))
        and isinstance(address, UnixAddress)
        and address.path.endswith(f"/{written}")
    )


def _of_containers(pair: Pair, listener: Listener, directive: ParsedDirective) -> Diagnostic:
    """Return the diagnostic on a socket of another container, which nginx's sees at another path or not at all."""
    own = listener.address.path if isinstance(listener.address, UnixAddress) else str(listener.address)
    seen = {path_seen_from(near, far, own) for near, far in together(pair.site_pass, pair.server)}
    right = seen.pop() if len(seen) == 1 else ""
    folder = posixpath.dirname(own)
    written = f"unix:{right}"
    return at_directive(
        directive,
        f"the uWSGI of these files listens on {own} in its own container, "
        + (
            f"which is {right} in nginx's: 502 on every URL"
            if right
            else "and nginx's shares no volume with that path: 502 on every URL"
        ),
        severity="error" if _is_sure(pair) else None,
        hint=f"{directive.name} {written};" if right else f"mount one volume at {folder} in both services",
        fix=write_argument(
            directive,
            0,
            written,
            asks="the two may see the socket under different paths, as in two containers",
        )
        if right and directive.arg().startswith("unix:")
        else None,
        evidence=(
            f"{listener.option.written.file}:{listener.option.written.line}: "
            f"{listener.option.key} = {listener.option.value}",
        ),
    )


def _is_one_host(evidence: Evidence, pair: Pair) -> bool:
    """Return True if the site and uWSGI certainly run on one machine, or in one container."""
    if together(pair.site_pass, pair.server):
        return True
    only = len(evidence.servers) == 1 and len({each.text for each in evidence.passes}) == 1
    return (only or is_one_project(pair)) and not has_containers(evidence)


def _is_sure(pair: Pair) -> bool:
    """Return True if both paths resemble each other closely and neither is a guess."""
    listener, address = intended_listener(pair), pair.site_pass.address
    if listener is None or not isinstance(address, UnixAddress):
        return False
    other = listener.address
    if not isinstance(other, UnixAddress) or not (
        pair.server.directory_known or listener.option.value.startswith("/")
    ):
        return False
    same_folder = posixpath.dirname(other.path) == posixpath.dirname(address.path)
    return same_folder or posixpath.basename(other.path) == posixpath.basename(address.path)


RULE = Rule("L001", "socket-path-mismatch", "warning", check)
