"""One order: the proofs for all names by HTTP-01, and the certificate."""

from __future__ import annotations

import contextlib
import datetime as dt
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from acme import challenges, messages
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import Encoding

from enuf.system import files
from enuf.tls.acme.account import Authority
from enuf.tls.acme.folder import CHALLENGES
from enuf.tls.acme.request import AcmeRequest
from enuf.tls.making import general_names, key_pem, new_key

WITHIN_S = 180
_TOKEN = re.compile(r"[A-Za-z0-9_-]{1,200}")


def issue(authority: Authority, request: AcmeRequest) -> tuple[bytes, bytes]:
    """Order a certificate for all names with a new key. Return the chain and the key, both in PEM.

    Raise an exception of requests or acme, ValueError or OSError.
    """
    key = new_key()
    deadline = dt.datetime.now() + dt.timedelta(seconds=WITHIN_S)  # noqa: DTZ005 - the library compares with local time
    order = authority.client.new_order(_signing_request(key, request.names))
    with _proofs(authority, order, Path(request.webroot) / CHALLENGES) as pending:
        for challenge in pending:
            authority.client.answer_challenge(challenge, challenge.response(authority.key))
        order = authority.client.poll_authorizations(order, deadline)
    order = authority.client.finalize_order(order, deadline)
    return order.fullchain_pem.encode("ascii"), key_pem(key)


def _signing_request(key: EllipticCurvePrivateKey, names: Sequence[str]) -> bytes:
    builder = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([]))
    builder = builder.add_extension(x509.SubjectAlternativeName(general_names(names)), critical=False)
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)


@contextlib.contextmanager
def _proofs(
    authority: Authority, order: messages.OrderResource, folder: Path
) -> Iterator[list[messages.ChallengeBody]]:
    """Write the proof of every name that has none yet; give the challenges, and remove the proofs at the end."""
    pending = [
        _challenge_of(each) for each in order.authorizations if each.body.status == messages.STATUS_PENDING
    ]
    written: list[Path] = []
    try:
        for challenge in pending:
            token = challenge.chall.encode("token")
            if not _TOKEN.fullmatch(token):
                raise ValueError(f"a token that is no name of a file: {token[:50]!r}")
            path = folder / token
            files.write_whole(path, challenge.chall.validation(authority.key), 0o644, durable=False)
            written.append(path)
        yield pending
    finally:
        for path in written:
            files.remove(path)


def _challenge_of(authorization: messages.AuthorizationResource) -> messages.ChallengeBody:
    for each in authorization.body.challenges:
        if isinstance(each.chall, challenges.HTTP01):
            return each
    raise ValueError(f"no HTTP-01 challenge for {authorization.body.identifier.value}")
