"""nginx passes to one address, the app server listens on another."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from enuf.doctor.app_settings import AppBind
from enuf.doctor.evidence import AppPair, Evidence
from enuf.doctor.facts.app_servers import is_certain, service_of_site
from enuf.doctor.facts.languages import has_other_sources
from enuf.doctor.facts.nginx import is_complete_site, is_template
from enuf.doctor.rule import Diagnostic, Rule, at_directive
from enuf.model.address import TcpAddress, UnixAddress

_PORTS_OF_OTHERS = (3000, 3001, 3333, 4000, 4200, 5173, 8080, 8081)
"""Ports on which the servers of JavaScript and Java listen by default."""


_HOME = re.compile(r"unix:/home/([^/]+)/")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every pass whose address no server has, beside the one server that it can mean."""
    for pair in evidence.app_pairs:
        site_pass, directive = pair.site_pass, pair.site_pass.named_by
        bind = _meant(pair)
        if bind is None or is_template(evidence, directive.file) or pair.server.dev:
            continue
        if _may_be_of_another_app(evidence, pair, bind):
            continue
        certain = (
            is_complete_site(site_pass.site)
            and _is_one_place(evidence, pair)
            and not _are_of_two_homes(site_pass.text, bind.text)
        )
        yield at_directive(
            directive,
            f"nginx connects to {site_pass.text.partition('/')[0] if not site_pass.text.startswith('unix:') else site_pass.text}, "
            f"and {pair.server.program} listens on {bind.text}: 502",
            severity="error" if certain else "warning",
            is_certain=is_certain(pair.server),
            hint=bind.text,
            evidence=(f"{pair.server.start.file}:{pair.server.start.line}",),
        )


def _meant(pair: AppPair) -> AppBind | None:
    """Return the bind that a pass to another address means, None if it is not the same kind or not known."""
    binds = pair.server.binds
    if pair.bind is not None or not binds or any(bind.address is None for bind in binds):
        return None
    address, other = pair.site_pass.address, binds[0].address
    if isinstance(address, UnixAddress) or isinstance(other, UnixAddress):
        return (
            binds[0]
            if not pair.server.in_container and pair.server.start.kind in ("unit", "supervisor")
            else None
        )
    if not isinstance(address, TcpAddress) or not isinstance(other, TcpAddress) or address.port == other.port:
        return None
    service = pair.server.service
    if service:
        return binds[0] if address.host in service.names else None
    local = address.host in ("127.0.0.1", "localhost", "::1")
    near = pair.server.beside_nginx or pair.server.start.kind in ("unit", "supervisor")
    return binds[0] if local and near else None


def _may_be_of_another_app(evidence: Evidence, pair: AppPair, bind: AppBind) -> bool:
    """Return True for a pass to a port of the host beside an app of another language, which may have that port."""
    to_a_port = isinstance(pair.site_pass.address, TcpAddress) and pair.server.service is None
    differs = not isinstance(bind.address, TcpAddress)
    usual = isinstance(pair.site_pass.address, TcpAddress) and pair.site_pass.address.port in _PORTS_OF_OTHERS
    return to_a_port and (differs or usual) and has_other_sources(evidence)


def _are_of_two_homes(*texts: str) -> bool:
    """Return True for socket files in the homes of two users: one of both files may be of another machine."""
    return len({found[1] for text in texts if (found := _HOME.match(text))}) > 1


def _is_one_place(evidence: Evidence, pair: AppPair) -> bool:
    """Return True if the site and the server belong together as the files themselves show."""
    if pair.server.service:
        here = service_of_site(evidence, pair.site_pass.site.file)
        return here is not None and here.file == pair.server.service.file
    paths = (pair.site_pass.named_by.file, pair.server.start.file)
    common = posixpath.commonpath(paths)
    return all(path.removeprefix(common).count("/") <= 3 for path in paths)


RULE = Rule("G006", "socket-and-pass-differ", "error", check)
