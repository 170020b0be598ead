"""One look at a folder: order a certificate if one is due, and write down when to look again."""

from __future__ import annotations

import time
from typing import Literal

import msgspec
from acme import errors, messages
from cryptography import x509

from enuf.tls.acme import schedule
from enuf.tls.acme.account import Authority
from enuf.tls.acme.folder import AcmeFolder
from enuf.tls.acme.order import issue
from enuf.tls.acme.problems import FailedAttempt, problem_of
from enuf.tls.acme.request import AcmeRequest
from enuf.tls.acme.schedule import AcmeState, Suggestion, Validity
from enuf.tls.names import uncovered
from enuf.tls.pair import CertificatePair

Wish = Literal["when-due", "now", "force"]
"""`when-due` waits out the back-off after a failure, `now` does not, and `force` replaces a good certificate."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What an attempt has come to."""

    outcome: Literal["issued", "not-due", "failed", "busy"]
    problem: str = ""
    hint: str = ""
    next_attempt: float = 0.0
    """Seconds since the epoch."""


def attempt(folder: AcmeFolder, wish: Wish = "when-due") -> Outcome:
    """Order a certificate if there is none, if its names do not cover the order, or if it is due for renewal.

    Raise OSError, or msgspec.MsgspecError, where the folder holds no order.
    """
    request = folder.request()
    with folder.attempt() as is_ours:
        if not is_ours:
            return Outcome(outcome="busy")
        state = folder.read_state()
        if wish == "when-due" and state.waits(time.time(), request.order):
            return _outcome(state, "failed" if state.failures else "not-due")
        outcome, after = _attempted(folder, request, state, wish)
        folder.write_state(after)
        return _outcome(after, outcome)


def _outcome(state: AcmeState, outcome: Literal["issued", "not-due", "failed"]) -> Outcome:
    return Outcome(outcome=outcome, problem=state.problem, hint=state.hint, next_attempt=state.next_attempt)


def _attempted(
    folder: AcmeFolder, request: AcmeRequest, state: AcmeState, wish: Wish
) -> tuple[Literal["issued", "not-due", "failed"], AcmeState]:
    pair, authority = _issued_pair(folder, request), None
    suggestion = None
    try:
        if pair is not None and wish != "force":
            authority, suggestion = _suggested(folder, request, pair)
            if not schedule.is_due(time.time(), _validity(pair), suggestion, state):
                return "not-due", schedule.waiting(time.time(), request.order, _validity(pair), suggestion)
        authority = authority or Authority(folder, request)
        pair = folder.take(*_ordered(authority, request), request)
    except Exception as error:  # an authority's answers are input from the network, see problem_of
        return "failed", _after_failure(problem_of(error, request), authority, request, state)
    return "issued", schedule.waiting(time.time(), request.order, _validity(pair), None)


def _ordered(authority: Authority, request: AcmeRequest) -> tuple[bytes, bytes]:
    """Return a chain and its key from the authority, which may have forgotten the account since the last order."""
    authority.sign_in()
    try:
        return issue(authority, request)
    except messages.Error as error:
        if error.code != "accountDoesNotExist":
            raise
        authority.sign_in_anew()
        return issue(authority, request)


def _after_failure(
    problem: FailedAttempt, authority: Authority | None, request: AcmeRequest, state: AcmeState
) -> AcmeState:
    wait_s = authority.retry_after_s if authority else 0.0
    words = (problem.summary, problem.hint)
    return schedule.failed(state, time.time(), request.order, words, retry_after_s=wait_s)


def _issued_pair(folder: AcmeFolder, request: AcmeRequest) -> CertificatePair | None:
    """Return the pair, if the authority issued it for all the names."""
    pair = folder.pair()
    if pair is None or pair.facts.is_stand_in or uncovered(request.names, pair.facts.names):
        return None
    return pair


def _suggested(
    folder: AcmeFolder, request: AcmeRequest, pair: CertificatePair
) -> tuple[Authority | None, Suggestion | None]:
    """Ask the authority when to renew. An authority that cannot be asked is no problem before that time has come."""
    try:
        authority = Authority(folder, request)
    except Exception:
        return None, None
    try:
        renew_at, ask_again = authority.client.renewal_time(pair.pem)
    except errors.ARIError as error:
        return authority, Suggestion(None, error.retry_after.timestamp())
    except Exception:  # an answer that is no renewal information
        return authority, None
    return authority, Suggestion(renew_at.timestamp() if renew_at else None, ask_again.timestamp())


def _validity(pair: CertificatePair) -> Validity:
    leaf = x509.load_der_x509_certificate(pair.leaf)
    return Validity(leaf.not_valid_before_utc.timestamp(), leaf.not_valid_after_utc.timestamp())
