"""HTTPS in nginx: the addresses that speak TLS, and the servers at them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.listens import Listen, http_groups, listens
from enuf.doctor.facts.nginx import has_unseen_include, is_template
from enuf.syntax.nginx_tree import DirectiveMatch

_TLS = frozenset(("ssl", "quic"))
_CERTIFICATES = ("ssl_certificate", "ssl_certificate_key")


class AddressUse(msgspec.Struct, frozen=True):
    """One address of an nginx, with the servers that listen there, in their order."""

    servers: tuple[tuple[DirectiveMatch, Listen], ...]

    @property
    def speaks_tls(self) -> bool:
        """True if one of the servers has `ssl` in its `listen`: nginx then speaks TLS for all of them."""
        return any(is_secure(listen) for _, listen in self.servers)

    @property
    def default(self) -> DirectiveMatch:
        """The server whose certificate clients get if they name no server of this address."""
        return next((match for match, listen in self.servers if listen.is_default), self.servers[0][0])


def is_secure(listen: Listen) -> bool:
    """Return True if this `listen` makes its address speak TLS."""
    return listen.directive is not None and bool(_TLS & set(listen.directive.args))


def addresses_in_use(evidence: Evidence) -> Iterator[AddressUse]:
    """Yield the addresses of each nginx, without those of files that a template engine still has to fill in."""
    for group in http_groups(evidence):
        yield from _addresses_of(group, evidence)


def _addresses_of(group: Sequence[DirectiveMatch], evidence: Evidence) -> Iterator[AddressUse]:
    found = dict[tuple[str, int], list[tuple[DirectiveMatch, Listen]]]()
    for match in group:
        if not is_template(evidence, match.directive.file):
            for listen in listens(match.directive):
                found.setdefault((listen.host, listen.port), []).append((match, listen))
    return (AddressUse(tuple(servers)) for servers in found.values())


def has_certificate(match: DirectiveMatch) -> bool:
    """Return True for a server with a certificate, its own or one of the level above."""
    return any(match.inherited(name) for name in _CERTIFICATES)


def may_have_certificate(evidence: Evidence, match: DirectiveMatch) -> bool:
    """Return True for a server that has a certificate, needs none, or includes a file that is not here."""
    server = match.directive
    if has_certificate(match) or match.value("ssl_reject_handshake") == "on":
        return True
    site = next((each for each in evidence.sites if server.file in (each.file, *each.files)), None)
    return site is None or has_unseen_include(site, server.file)
