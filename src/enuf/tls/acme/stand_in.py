"""A self-signed certificate that stands in until the authority has issued one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from enuf.model.certificate import STAND_IN_ISSUER
from enuf.tls.making import common_name, for_server, key_pem, new_key, signed_pem, unsigned

DAYS = 90


def stand_in(names: Sequence[str]) -> tuple[bytes, bytes]:
    """Return a self-signed certificate for these names, and its key, both in PEM. No client trusts it."""
    key, subject, now = new_key(), common_name(STAND_IN_ISSUER), dt.datetime.now(dt.UTC)
    builder = unsigned(subject, subject, key, now - dt.timedelta(hours=1), now + dt.timedelta(days=DAYS))
    return signed_pem(for_server(builder, names), key), key_pem(key)
