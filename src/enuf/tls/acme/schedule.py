"""When a certificate is ordered: in time before its end, and after failures not too often."""

from __future__ import annotations

import msgspec

MINUTE_S, HOUR_S, DAY_S = 60.0, 3600.0, 86_400.0
ASK_AGAIN_S = 6 * HOUR_S
"""How often the authority is asked when it suggests to renew (RFC 9773)."""
FIRST_BACK_OFF_S = MINUTE_S
MOST_BACK_OFF_S = 12 * HOUR_S
LONGEST_WAIT_S = 7 * DAY_S
"""No Retry-After is followed for longer."""


class Validity(msgspec.Struct, frozen=True):
    """Begin and end of a certificate's validity, in seconds since the epoch."""

    begin: float
    end: float

    def at(self, share: float) -> float:
        """Return the time when this share of the validity is over."""
        return self.begin + (self.end - self.begin) * share


class Suggestion(msgspec.Struct, frozen=True):
    """The authority's answer to when a certificate shall be renewed (ACME Renewal Information)."""

    renew_at: float | None
    """None from an authority that has no opinion."""
    ask_again_at: float


class AcmeState(msgspec.Struct, frozen=True, kw_only=True):
    """What is known about the orders of a folder. Times are in seconds since the epoch."""

    order: str = ""
    """Digest of the order that the state belongs to."""
    next_attempt: float = 0.0
    """When the engine looks again whether there is something to do."""
    renew_at: float = 0.0
    """When the certificate will be renewed; 0 before the first one."""
    attempted_at: float = 0.0
    failures: int = 0
    """Failures in a row."""
    problem: str = ""
    """Why the last attempt failed, in a sentence; empty after a success."""
    hint: str = ""

    def waits(self, now: float, order: str) -> bool:
        """Return True if it is too early for an attempt.

        A time of the last attempt that lies ahead was taken from a wrong clock, and so was the time of the next one.
        """
        return self.order == order and self.attempted_at <= now < self.next_attempt


def renewal_time(validity: Validity, suggestion: Suggestion | None) -> float:
    """Return when to renew: as the authority suggests, else after two thirds of the validity.

    A suggestion near the end or behind it leaves no time for a second attempt, and is brought forward.
    """
    if suggestion is None or suggestion.renew_at is None:
        return validity.at(2 / 3)
    return min(suggestion.renew_at, validity.at(11 / 12))


def is_due(now: float, validity: Validity, suggestion: Suggestion | None, state: AcmeState) -> bool:
    """Return True if the certificate shall be renewed now: by the newest suggestion, or by the time that was set before."""
    renew_at = renewal_time(validity, suggestion)
    return now >= renew_at or validity.begin < state.renew_at <= now


def waiting(now: float, order: str, validity: Validity, suggestion: Suggestion | None) -> AcmeState:
    """Return the state of a certificate that is not due yet."""
    renew_at = renewal_time(validity, suggestion)
    ask_again_at = suggestion.ask_again_at if suggestion else now + ASK_AGAIN_S
    ask_again_at = min(max(ask_again_at, now + MINUTE_S), now + DAY_S)
    return AcmeState(
        order=order, next_attempt=min(renew_at, ask_again_at), renew_at=renew_at, attempted_at=now
    )


def failed(
    before: AcmeState, now: float, order: str, problem: tuple[str, str], *, retry_after_s: float = 0.0
) -> AcmeState:
    """Return the state after a failed attempt: each failure in a row waits four times as long, up to 12 hours.

    `problem` is a sentence and a hint. The authority's own Retry-After is honoured where it is longer.
    """
    failures = (before.failures if before.order == order else 0) + 1
    back_off_s = min(FIRST_BACK_OFF_S * 4 ** min(failures - 1, 9), MOST_BACK_OFF_S)
    wait_s = max(back_off_s, min(retry_after_s, LONGEST_WAIT_S))
    return AcmeState(
        order=order,
        next_attempt=now + wait_s,
        renew_at=before.renew_at,
        attempted_at=now,
        failures=failures,
        problem=problem[0],
        hint=problem[1],
    )
