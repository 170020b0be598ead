"""A certificate in one line for people."""

from __future__ import annotations

import time

from enuf.model.certificate import DAY_S, CertificateStatus, expires_at

_HOUR_S = 3600


def certificate_line(certificate: CertificateStatus, now: float | None = None) -> str:
    """Return names, issuer and the time that is left."""
    until = certificate.not_after[:10]
    names = ", ".join(certificate.names)
    return f"{names}   by {certificate.issuer}, {_left(certificate.not_after, now or time.time())} ({until})"


def _left(not_after: str, now: float) -> str:
    """Return the time until the end of the validity to the nearest day, of the last day in hours."""
    left_s = expires_at(not_after) - now
    if left_s <= 0:
        return "expired"
    count, unit = (round(left_s / DAY_S), "day") if left_s >= DAY_S else (int(left_s / _HOUR_S), "hour")
    return f"{count} {unit}{'' if count == 1 else 's'} left"
