"""When a certificate is ordered: pure decisions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enuf.tls.acme.schedule import (
    DAY_S,
    HOUR_S,
    LONGEST_WAIT_S,
    MOST_BACK_OFF_S,
    AcmeState,
    Suggestion,
    Validity,
    failed,
    is_due,
    renewal_time,
    waiting,
)

NOW = 2_000_000_000.0


def valid_for(days: float) -> Validity:
    return Validity(NOW, NOW + days * DAY_S)


@pytest.mark.parametrize("days", [6, 10, 47, 90, 398])
def test_without_a_suggestion_a_third_of_the_validity_is_left_for_the_renewal(days: int) -> None:
    validity = valid_for(days)
    assert renewal_time(validity, None) == pytest.approx(NOW + days * DAY_S * 2 / 3)
    assert not is_due(NOW + days * DAY_S * 0.6, validity, None, AcmeState())
    assert is_due(NOW + days * DAY_S * 0.7, validity, None, AcmeState())
    assert is_due(NOW + days * DAY_S * 2, validity, None, AcmeState())


def test_a_suggestion_decides_and_one_behind_the_end_is_brought_forward() -> None:
    validity = valid_for(90)
    revoked = Suggestion(NOW - DAY_S, NOW + HOUR_S)
    assert is_due(NOW + HOUR_S, validity, revoked, AcmeState())
    later = Suggestion(NOW + 80 * DAY_S, NOW + HOUR_S)
    assert renewal_time(validity, later) == NOW + 80 * DAY_S
    never = Suggestion(NOW + 900 * DAY_S, NOW + HOUR_S)
    assert renewal_time(validity, never) == NOW + 82.5 * DAY_S


def test_the_time_that_was_set_before_counts_when_a_new_suggestion_is_later() -> None:
    validity, state = valid_for(90), AcmeState(renew_at=NOW + 50 * DAY_S)
    later = Suggestion(NOW + 55 * DAY_S, NOW + 51 * DAY_S)
    assert is_due(NOW + 50 * DAY_S, validity, later, state)
    # A time that was set for the certificate before this one is no time of this one.
    assert not is_due(NOW + DAY_S, validity, later, AcmeState(renew_at=NOW - DAY_S))


def test_each_failure_in_a_row_waits_longer_and_never_longer_than_half_a_day() -> None:
    state, waits = AcmeState(), []
    for _ in range(12):
        state = failed(state, NOW, "order", ("no", "wait"))
        waits.append(state.next_attempt - NOW)
    assert waits[:4] == [60, 240, 960, 3840]
    assert waits == sorted(waits) and waits[-1] == MOST_BACK_OFF_S
    # No more than five attempts in the first hour: the limit of Let's Encrypt for failed challenges.
    assert 1 + sum(sum(waits[: count + 1]) < HOUR_S for count in range(12)) <= 5
    assert failed(state, NOW, "another order", ("no", "")).failures == 1


def test_a_state_of_another_order_or_of_a_wrong_clock_is_not_waited_for() -> None:
    state = failed(AcmeState(), NOW, "order", ("no", ""))
    assert state.waits(NOW, "order") and state.waits(NOW + 59, "order")
    assert not state.waits(NOW + 60, "order")
    assert not state.waits(NOW, "another order")
    assert not state.waits(NOW - 1, "order"), "the clock was put back"


@given(retry_after_s=st.floats(0, 1e12), ask_again_s=st.floats(-1e12, 1e12), renew_s=st.floats(-1e12, 1e12))
def test_no_answer_of_an_authority_stops_the_renewals(
    retry_after_s: float, ask_again_s: float, renew_s: float
) -> None:
    after = failed(AcmeState(), NOW, "order", ("no", ""), retry_after_s=retry_after_s)
    assert NOW + 60 <= after.next_attempt <= NOW + LONGEST_WAIT_S
    suggestion = Suggestion(NOW + renew_s, NOW + ask_again_s)
    state = waiting(NOW, "order", valid_for(90), suggestion)
    assert state.next_attempt <= NOW + DAY_S and state.renew_at <= NOW + 82.5 * DAY_S
