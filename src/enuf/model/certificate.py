"""The certificate of a site, and the files that it is read from and served from."""

from __future__ import annotations

import datetime as dt
from typing import Literal

import msgspec

TlsMode = Literal["local", "files", "acme"]
STAND_IN_ISSUER = "enuf stand-in certificate"
"""Issuer of the self-signed certificate that is served until an authority has issued one."""
WARN_DAYS = 14
"""So many days before the end of a certificate a warning begins."""
DAY_S, HOUR_S = 86_400, 3_600


def utc_text(moment: dt.datetime) -> str:
    """Return a time in UTC as `2027-01-31T12:00:00Z`."""
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"


def expires_at(not_after: str) -> float:
    """Return the seconds since the epoch of a time like `2027-01-31T12:00:00Z`."""
    return dt.datetime.fromisoformat(not_after).timestamp()


class Certificate(msgspec.Struct, frozen=True, kw_only=True):
    """The facts of a certificate that people and monitoring need."""

    names: tuple[str, ...]
    """Host names and IP addresses that the certificate is valid for."""
    issuer: str
    not_after: str
    """End of its validity in UTC: `2027-01-31T12:00:00Z`."""
    fingerprint: str
    """SHA-256 of the certificate, in hex."""

    @property
    def expires_at(self) -> float:
        """The end of the validity in seconds since the epoch."""
        return expires_at(self.not_after)

    @property
    def is_stand_in(self) -> bool:
        """True for the self-signed certificate before the first one of an authority."""
        return self.issuer == STAND_IN_ISSUER

    def days_left(self, now: float) -> int:
        """Return the whole days until the end of the validity; negative after the end."""
        return int((self.expires_at - now) // DAY_S)


class TlsPlan(msgspec.Struct, frozen=True, kw_only=True):
    """How a stack serves HTTPS."""

    mode: TlsMode
    certificate: str
    """The file with the certificate and its chain, absolute."""
    key: str
    """The file with the private key, absolute."""
    names: tuple[str, ...] = ()
    """Names that the certificate must cover."""
    ca: str = ""
    """The file with the certificate of the local authority, in mode `local`."""
    local: tuple[str, ...] = ()
    """Names for which the local authority issues, in mode `local`."""
    folder: str = ""
    """The folder of the local authority, in mode `local`; that of the orders, in mode `acme`."""
    webroot: str = ""
    """The folder that challenges are answered from, in mode `acme`."""
    authority: str = ""
    """Host of the authority, in mode `acme`."""
    facts: Certificate
    """The certificate in the file when the plan was made."""

    @property
    def source(self) -> tuple[str, str]:
        """The two files."""
        return self.certificate, self.key


class CertificateStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate as `enuf status` and `enuf cert status` report it."""

    names: tuple[str, ...]
    issuer: str
    not_after: str
    days_left: int
    path: str


class OrderStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The orders from an authority."""

    authority: str
    """Host of the authority."""
    stand_in: bool
    """True while a self-signed certificate is served: the authority has not issued one yet."""
    problem: str = ""
    """Why the last order failed, in a sentence; empty after a success."""
    hint: str = ""
    failures: int = 0
    """Failures in a row."""
    next_attempt: str = ""
    """When the next order, or the next look whether one is due, is made: `2027-01-31T12:00:00Z`."""


class TlsStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The certificates that a stack serves."""

    mode: TlsMode
    ca: str = ""
    """The file with the certificate of the local authority, in mode `local`."""
    certificates: tuple[CertificateStatus, ...]
    order: OrderStatus | None = None
    """The orders from an authority, in mode `acme`."""


def certificate_status(certificate: Certificate, path: str, now: float) -> CertificateStatus:
    """Return the report about the certificate in the file at `path`."""
    return CertificateStatus(
        names=certificate.names,
        issuer=certificate.issuer,
        not_after=certificate.not_after,
        days_left=certificate.days_left(now),
        path=path,
    )


def end_warnings(status: TlsStatus, now: float) -> list[str]:
    """Return a warning for each certificate that has expired, or expires soon without a renewal by enuf."""
    found = []
    for each in status.certificates:
        if each.days_left < 0:
            found.append(
                f"the certificate in {each.path} has expired ({each.not_after}): browsers refuse the site"
            )
        elif status.mode == "files" and each.days_left < WARN_DAYS:
            found.append(
                f"the certificate in {each.path} ends in {validity_left(each.not_after, now)} ({each.not_after}): renew it"
            )
    return found


def certificate_line(certificate: CertificateStatus, now: float) -> str:
    """Return names, issuer and the time that is left, for people."""
    names, left = ", ".join(certificate.names), time_left(certificate.not_after, now)
    return f"{names}   issued by {certificate.issuer}, {left} ({certificate.not_after[:10]})"


def time_left(not_after: str, now: float) -> str:
    """Return how long a certificate is still valid, in words: `9 days left`, `it has expired`."""
    days, hours = _left(not_after, now)
    if expires_at(not_after) <= now:
        return "it has expired"
    if days:
        return f"{days} {'day' if days == 1 else 'days'} left"
    return f"{hours} {'hour' if hours == 1 else 'hours'} left"


def validity_left(not_after: str, now: float) -> str:
    """Return the whole days until the end of a validity, of the last day the whole hours: `9 days`, `12 hours`."""
    days, hours = _left(not_after, now)
    if days:
        return f"{days} {'day' if days == 1 else 'days'}"
    return f"{hours} {'hour' if hours == 1 else 'hours'}"


def _left(not_after: str, now: float) -> tuple[int, int]:
    """Return whole days, and the whole hours beside them."""
    return divmod(int(max(0.0, expires_at(not_after) - now)) // HOUR_S, DAY_S // HOUR_S)
