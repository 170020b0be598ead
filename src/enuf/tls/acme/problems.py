"""Why an attempt failed, in words: what the authority said, and the likely cause."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator

import msgspec
import requests
from acme import errors, messages

from enuf.errors import EnufError
from enuf.tls.acme.request import AcmeRequest

LONGEST_WORDS = 300
_PORT = "an authority asks at port 80 of the name, over IPv6 first where the name has an AAAA record"
_CHALLENGES = {
    "dns": "{name} must have an A or AAAA record that leads to this machine; look at it with: dig {name}",
    "connection": f"{_PORT}: open it in the firewall, forward it in the router, and look where dig {{name}} leads",
    "unauthorized": f"another server answered, or {{name}} leads to another machine: {_PORT}",
    "caa": "a CAA record of {name} names other authorities: change it, or choose one that it names",
    "rateLimited": "wait; while you try things out: tls.staging = true",
    "rejectedIdentifier": "the authority does not issue for {name}: choose another name or authority",
}
_ORDERS = {
    **_CHALLENGES,
    "externalAccountRequired": "set tls.eab_kid and tls.eab_key, which the authority gives its customers",
    "unauthorized": "look at tls.eab_kid and tls.eab_key, and whether the account is still open",
    "invalidContact": "correct tls.email",
    "unsupportedContact": "correct tls.email",
    "userActionRequired": "do what the authority asks for; enuf tries again by itself",
    "serverInternal": "that is the authority's own fault; enuf tries again by itself",
}
_BY_ITSELF = "enuf tries again by itself; what the site serves now stays"


class FailedAttempt(msgspec.Struct, frozen=True):
    """A failed attempt: a sentence, what to do, and the code of the authority's answer (RFC 8555, 6.7)."""

    summary: str
    hint: str
    code: str = ""


def problem_of(error: Exception, request: AcmeRequest) -> FailedAttempt:
    """Return the problem that an exception stands for.

    The answers of an authority are input from the network: what cannot be understood is a problem too, and no bug.
    """
    match error:
        case errors.ValidationError():
            return _of_validation(error, request)
        case errors.IssuanceError():
            return _of_answer(error.error, request)
        case messages.Error():
            return _of_answer(error, request)
        case requests.exceptions.RequestException():
            return _of_connection(error, request)
        case errors.TimeoutError():
            return FailedAttempt(f"{request.authority} did not finish in time", _BY_ITSELF)
        case EnufError():
            return FailedAttempt(error.summary, error.hint)
        case OSError():
            where = f"{error.filename}: " if error.filename else ""
            return FailedAttempt(
                f"{where}{error.strerror or error}", "look at the folder's owner and at the room on the disk"
            )
    words = _words(str(error)) or type(error).__name__
    return FailedAttempt(
        f"{request.authority} answered what is no ACME: {words}", f"look at tls.directory; {_BY_ITSELF}"
    )


def _of_validation(error: errors.ValidationError, request: AcmeRequest) -> FailedAttempt:
    found = list(_failed_challenges(error))
    if not found:
        return FailedAttempt(
            f"{request.authority} did not accept the proof for a name, and gives no reason", _BY_ITSELF
        )
    said = "; ".join(f"{name}: {_words(why.detail or why.typ)}" for name, why in found)
    name, why = found[0]
    hint = _CHALLENGES.get(why.code or "", _CHALLENGES["connection"]).format(name=name)
    return FailedAttempt(f"{request.authority} could not verify {said}", hint, why.code or "")


def _failed_challenges(error: errors.ValidationError) -> Iterator[tuple[str, messages.Error]]:
    for authorization in error.failed_authzrs:
        name = _words(str(authorization.body.identifier.value))
        yield from ((name, each.error) for each in authorization.body.challenges if each.error is not None)


def _of_answer(answer: messages.Error, request: AcmeRequest) -> FailedAttempt:
    details = [
        answer.detail or answer.title or answer.typ,
        *(each.detail or "" for each in answer.subproblems or ()),
    ]
    code = answer.code or ""
    named = (each.identifier for each in (answer, *(answer.subproblems or ())))
    name = next((_words(str(each.value)) for each in named if each), request.names[0])
    hint = _ORDERS.get(code, _BY_ITSELF).format(name=name)
    return FailedAttempt(f"{request.authority} says: {_words('; '.join(filter(None, details)))}", hint, code)


def _of_connection(error: requests.exceptions.RequestException, request: AcmeRequest) -> FailedAttempt:
    reason: object = error
    for _ in range(6):  # requests wraps urllib3, which wraps the reason
        if isinstance(reason, ssl.SSLCertVerificationError):
            return _of_certificate(reason, request)
        args = getattr(reason, "args", ())
        inner = getattr(reason, "reason", None) or (args[0] if args else None)
        if not isinstance(inner, Exception):
            break
        reason = inner
    words = "no answer in time" if isinstance(error, requests.exceptions.Timeout) else _words(str(reason))
    return FailedAttempt(
        f"{request.authority} cannot be reached: {words}",
        f"look at this machine's way out: network, firewall, proxy; {_BY_ITSELF}",
    )


def _of_certificate(error: ssl.SSLCertVerificationError, request: AcmeRequest) -> FailedAttempt:
    why = error.verify_message
    if "not yet valid" in why or "expired" in why:
        clock = time.strftime("%Y-%m-%d %H:%M", time.gmtime())
        hint = f"look at this machine's clock: it says {clock} UTC"
    else:
        hint = "for an authority of your own, name the file with its root certificate: tls.directory_ca"
    return FailedAttempt(f"the certificate of {request.authority} is not accepted: {_words(why)}", hint)


def _words(text: str) -> str:
    """Return text from the network as one short printable line."""
    line = " ".join(text.split())
    line = "".join(letter if letter.isprintable() else "?" for letter in line)
    return line if len(line) <= LONGEST_WORDS else f"{line[: LONGEST_WORDS - 1]}…"
