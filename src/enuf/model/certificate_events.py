"""The events of certificates: taken, refused, and not issued."""

from __future__ import annotations

from enuf.model.event import Event


class CertificateTaken(Event, frozen=True):
    """The front serves a renewed certificate, as a TLS client has seen."""

    names: tuple[str, ...]
    not_after: str

    @property
    def text(self) -> str:
        """The line of enuf.log."""
        return f"certificate taken: {', '.join(self.names)}, valid until {self.not_after}"


class CertificateRefused(Event, frozen=True):
    """The files of the certificate have changed and cannot be used: the pair before serves on."""

    why: str
    path: str

    @property
    def text(self) -> str:
        """The line of enuf.log."""
        return f"certificate refused, the one before serves on: {self.why}"


class CertificateOrderFailed(Event, frozen=True):
    """The authority did not issue a certificate: the site keeps what it had."""

    why: str
    hint: str
    next_attempt: str

    @property
    def text(self) -> str:
        """The line of enuf.log."""
        hint = f" ({self.hint})" if self.hint else ""
        return f"no new certificate: {self.why}{hint}; next attempt at {self.next_attempt}"
