"""The certificate that the port of an https URL shows, and whether the port speaks TLS at all."""

from __future__ import annotations

import socket
import ssl
from typing import TYPE_CHECKING

from enuf.doctor.collect.live.context import Collection
from enuf.doctor.collect.live.probes import ask
from enuf.doctor.collect.live.topic import TopicCollector
from enuf.doctor.evidence import Evidence
from enuf.doctor.live.evidence import LiveEvidence
from enuf.doctor.live.tls_facts import ServedCertificate, TlsFacts
from enuf.model.address import TcpAddress, parse_address
from enuf.system.tls_probe import sni_of, unverified
from enuf.tls.pair import certificate_facts

if TYPE_CHECKING:
    from cryptography import x509

_WITHIN_S = 0.4
_CHAIN_CUT = 20, 21
"""OpenSSL: the issuer's certificate is not there; the first certificate cannot be verified."""


def _collect(collection: Collection, evidence: LiveEvidence, _static: Evidence) -> TlsFacts | None:
    requested, reply = evidence.requested, evidence.reply
    if requested.scheme != "https" or reply is None or not reply.address or reply.failure == "refused":
        return None
    try:
        address = parse_address(reply.address)
    except ValueError:
        return None
    if not isinstance(address, TcpAddress):
        return None
    if reply.failure in ("tls", "closed", "not-http", "unreachable"):
        plain = ask(requested, address, collection.left_s(_WITHIN_S))
        if plain.status:
            return TlsFacts(speaks_plain=True)
    within_s = collection.left_s(_WITHIN_S, "the certificate")
    if not within_s:
        return None
    data = _shown(address, requested.host_header, within_s)
    return TlsFacts(certificate=_facts(data, address, requested.host_header, collection) if data else None)


def _shown(address: TcpAddress, host: str, within_s: float) -> bytes:
    """Return the certificate that a server shows for a host, in DER; empty where it shows none."""
    try:
        with (
            socket.create_connection((address.host, address.port), timeout=within_s) as connection,
            unverified().wrap_socket(connection, server_hostname=sni_of(host)) as secure,
        ):
            return secure.getpeercert(binary_form=True) or b""
    except OSError:
        return b""


def _facts(data: bytes, address: TcpAddress, host: str, collection: Collection) -> ServedCertificate | None:
    from cryptography import x509

    try:
        leaf = x509.load_der_x509_certificate(data)
        facts = certificate_facts(leaf)
    except Exception:
        return None
    is_public = _names_its_issuer(leaf)
    return ServedCertificate(
        names=facts.names,
        issuer=facts.issuer,
        not_after=facts.not_after,
        expires_at=facts.expires_at,
        not_before=leaf.not_valid_before_utc.timestamp(),
        is_chain_cut=is_public and _is_chain_cut(address, host, collection.left_s(_WITHIN_S)),
    )


def _names_its_issuer(leaf: x509.Certificate) -> bool:
    """Return True if a certificate says where its issuer's is found, as those of public authorities do."""
    from cryptography import x509
    from cryptography.x509.oid import AuthorityInformationAccessOID

    try:
        access = leaf.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except (x509.ExtensionNotFound, ValueError):
        return False
    return any(each.access_method == AuthorityInformationAccessOID.CA_ISSUERS for each in access)


def _is_chain_cut(address: TcpAddress, host: str, within_s: float) -> bool:
    """Return True if a client with this machine's authorities gets no chain to one of them."""
    if not within_s:
        return False
    context = ssl.create_default_context()
    context.check_hostname = False
    if not context.cert_store_stats()["x509_ca"]:
        return False
    try:
        with (
            socket.create_connection((address.host, address.port), timeout=within_s) as connection,
            context.wrap_socket(connection, server_hostname=sni_of(host)),
        ):
            return False
    except ssl.SSLCertVerificationError as error:
        return error.verify_code in _CHAIN_CUT
    except OSError:
        return False


TOPIC = TopicCollector("tls", _collect, "the certificate")
