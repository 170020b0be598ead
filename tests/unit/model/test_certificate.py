"""Every text about the end of a certificate states the same whole days."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enuf.model.certificate import (
    Certificate,
    TlsStatus,
    certificate_line,
    certificate_status,
    end_warnings,
    utc_text,
    validity_left,
)

NOW = 1_800_000_000


def ending_in(seconds: int) -> Certificate:
    end = dt.datetime.fromtimestamp(NOW + seconds, dt.UTC)
    return Certificate(names=("shop.test",), issuer="R11", not_after=utc_text(end), fingerprint="")


@given(st.integers(min_value=86_400, max_value=14 * 86_400 - 1))
def test_status_and_warning_state_the_same_days(seconds: int) -> None:
    shown = certificate_status(ending_in(seconds), "/a.pem", NOW)
    days = f"{shown.days_left} day{'' if shown.days_left == 1 else 's'}"
    (warning,) = end_warnings(TlsStatus(mode="files", certificates=(shown,)), NOW)
    assert f" ends in {days} (" in warning
    assert f", {days} left (" in certificate_line(shown, NOW)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(5 * 86_400 - 1, "4 days"), (86_400, "1 day"), (86_399, "23 hours"), (3600, "1 hour"), (59, "0 hours")],
)
def test_the_time_that_is_left_is_never_more_than_there_is(seconds: int, text: str) -> None:
    assert validity_left(ending_in(seconds).not_after, NOW) == text
