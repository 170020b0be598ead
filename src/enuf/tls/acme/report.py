"""The orders in a folder, as status and messages show them."""

from __future__ import annotations

import datetime as dt

from enuf.model.certificate import Certificate, OrderStatus, utc_text
from enuf.tls.acme.folder import AcmeFolder


def order_status(authority: str, folder: AcmeFolder, facts: Certificate) -> OrderStatus:
    """Return the report about the orders in a folder."""
    state = folder.read_state()
    return OrderStatus(
        authority=authority,
        stand_in=facts.is_stand_in,
        problem=state.problem,
        hint=state.hint,
        failures=state.failures,
        next_attempt=moment(state.next_attempt) if state.next_attempt else "",
    )


def moment(seconds: float) -> str:
    """Return a time since the epoch as `2027-01-31T12:00:00Z`."""
    return utc_text(dt.datetime.fromtimestamp(min(max(seconds, 0.0), 2.0**37), dt.UTC))
