"""The certificates that nginx sites name: parsed, and checked as nginx and its visitors do."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

from enuf.doctor.read.reach import Reach
from enuf.doctor.surroundings import CertificateFault
from enuf.errors import SettingsInvalid
from enuf.model.certificate import WARN_DAYS, Certificate, validity_left
from enuf.syntax.nginx_tree import DirectiveMatch, NginxConfig, ParsedDirective
from enuf.tls.names import uncovered
from enuf.tls.pair import Named, checked_chain, checked_pair, parse_chain

_MOST = 200
"""Servers with a certificate that are looked at."""
_IN_NGINX = {
    "tls.certificate: ": "",
    "tls.key: ": "",
    "tls.certificate": "ssl_certificate",
    "tls.key": "ssl_certificate_key",
}
"""Names of enuf's settings, by what they are in nginx."""


def certificate_faults(sites: Sequence[NginxConfig], reach: Reach) -> Iterator[CertificateFault]:
    """Yield the faults of certificates that can be read here, each once."""
    servers = [(site, match) for site in sites for match in site.servers()][:_MOST]
    said = set[str]()
    for site, match in servers:
        for fault in _of_server(match, reach.reader(site.file, reach.machines_with(site.file))):
            if fault.message not in said:
                said.add(fault.message)
                yield fault


def _of_server(match: DirectiveMatch, read: Callable[[str], str | None]) -> Iterator[CertificateFault]:
    certificates, keys = match.inherited("ssl_certificate"), match.inherited("ssl_certificate_key")
    for number, directive in enumerate(certificates):  # one of each kind of key
        key = keys[number].arg() if number < len(keys) else ""
        text = _readable(directive.arg(), read)
        if text is not None:
            yield from _of_pair(match, directive, text.encode(), key, (_readable(key, read) or "").encode())


def _readable(path: str, read: Callable[[str], str | None]) -> str | None:
    return read(path) if path.startswith("/") and "$" not in path else None


def _of_pair(
    match: DirectiveMatch, directive: ParsedDirective, certificate: bytes, key_path: str, key: bytes
) -> Iterator[CertificateFault]:
    files = Named(directive.arg(), key_path)
    try:
        facts = checked_pair(certificate, key, files).facts if key else checked_chain(certificate, files)
    except SettingsInvalid as error:
        yield CertificateFault(
            directive=directive,
            message=_in_nginx(error.summary),
            hint=_in_nginx(error.hint),
            severity="warning" if _has_ended_in_a_test(certificate) else "error",
        )
        return
    yield from _later(match, directive, facts)
    if _lacks_issuer(certificate):
        yield CertificateFault(
            directive=directive,
            message=f"{files.certificate} holds the site's certificate alone, without the one that issued it: "
            "browsers often find that one themselves, curl, phones and other programs do not",
            hint="ssl_certificate /etc/letsencrypt/live/<name>/fullchain.pem;",
            severity="warning",
        )


def _has_ended_in_a_test(certificate: bytes) -> bool:
    """Return True for a certificate that has expired and that no public authority signed: no browser trusted it before either.

    A public authority says where its answers about the certificate are found (RFC 5280, authority information access).
    """
    from cryptography import x509

    try:
        chain = parse_chain(certificate)
        own = len(chain) == 1 and not any(
            isinstance(each.value, x509.AuthorityInformationAccess) for each in chain[0].extensions
        )
    except ValueError:
        return False
    return own and chain[0].not_valid_after_utc.timestamp() < time.time()


def _lacks_issuer(certificate: bytes) -> bool:
    """Return True for a site's certificate alone that says where its issuer's is found: clients need that one too."""
    from cryptography import x509
    from cryptography.x509.oid import AuthorityInformationAccessOID

    chain = parse_chain(certificate)
    if len(chain) != 1 or chain[0].issuer == chain[0].subject:
        return False
    try:
        access = chain[0].extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        return False
    return any(each.access_method == AuthorityInformationAccessOID.CA_ISSUERS for each in access)


def _later(
    match: DirectiveMatch, directive: ParsedDirective, facts: Certificate
) -> Iterator[CertificateFault]:
    path, now = directive.arg(), time.time()
    if facts.days_left(now) < WARN_DAYS:
        yield CertificateFault(
            directive=directive,
            message=f"the certificate in {path} ends in {validity_left(facts.not_after, now)} ({facts.not_after[:10]})",
            hint="renew it: sudo certbot renew; then: sudo systemctl reload nginx",
            severity="warning",
        )
    if missing := uncovered(_names_of(match), facts.names):
        yield CertificateFault(
            directive=directive,
            message=f"the certificate in {path} is for {', '.join(facts.names) or 'no name'}, and not for {', '.join(missing)}",
            hint="request a certificate with all names of server_name, or remove the name",
            severity="warning",
        )


def _names_of(match: DirectiveMatch) -> tuple[str, ...]:
    """Return the public names of a server: those with a dot that hold no variable."""
    names = (name for line in match.inherited("server_name") for name in line.args)
    return tuple(name for name in names if "." in name.strip(".") and "$" not in name)


def _in_nginx(text: str) -> str:
    for ours, theirs in _IN_NGINX.items():
        text = text.replace(ours, theirs)
    return text
