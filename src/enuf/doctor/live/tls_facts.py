"""What a collector found out about TLS at the port of the URL, and about redirects that lead back. Pure."""

from __future__ import annotations

import msgspec


class ServedCertificate(msgspec.Struct, frozen=True, kw_only=True):
    """The certificate that a server shows for the host of the URL."""

    names: tuple[str, ...] = ()
    issuer: str = ""
    not_after: str = ""
    """`2027-01-31T12:00:00Z`."""
    expires_at: float = 0.0
    not_before: float = 0.0
    is_chain_cut: bool = False
    """True if the certificate between it and a known authority is not sent."""


class TlsFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the port answers to a TLS client and to a plain one."""

    certificate: ServedCertificate | None = None
    speaks_plain: bool = False
    """True if the port of an https URL answers plain HTTP."""


class RedirectStep(msgspec.Struct, frozen=True, kw_only=True):
    """One request of a browser that follows redirects."""

    url: str
    status: int = 0
    failure: str = ""
    location: str = ""
    is_by_front: bool = False
    """True if the body is nginx's own page."""


class RedirectFacts(msgspec.Struct, frozen=True, kw_only=True):
    """The redirects from the URL, as far as they keep its host, its path and its query."""

    steps: tuple[RedirectStep, ...]
    is_endless: bool = False
    """True if the last one leads to an URL that was asked before."""
