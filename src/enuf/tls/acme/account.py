"""The account with an authority: its key, and the connection that signs with it."""

from __future__ import annotations

import os
import time
from typing import Any

import msgspec
import requests
from acme import client, errors, messages
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from josepy.jwa import ES256
from josepy.jwk import JWKEC
from josepy.util import ComparableECKey

import enuf
from enuf.system import files
from enuf.tls.acme.folder import AcmeFolder
from enuf.tls.acme.request import AcmeRequest
from enuf.tls.making import key_pem, new_key

ANSWER_WITHIN_S = 30


class _Account(msgspec.Struct, frozen=True, kw_only=True):
    """An account as its file holds it."""

    key: str
    """Private key in PEM."""
    uri: str = ""
    """The account's address; empty until it is registered."""


class Authority:
    """The connection to one authority, for one account."""

    def __init__(self, folder: AcmeFolder, request: AcmeRequest) -> None:
        """Ask for the directory. Raise an exception of requests or acme where there is none."""
        self._path = folder.account(request)
        self._request = request
        self._account = self._read() or _Account(key=key_pem(new_key()).decode("ascii"))
        private: Any = load_pem_private_key(self._account.key.encode(), None)
        self.key = JWKEC(key=ComparableECKey(private))
        self.retry_after_s = 0.0
        """What the last answer asked to wait."""
        verify: Any = request.directory_ca or _trusted_by_variable() or True
        network = client.ClientNetwork(
            self.key,
            alg=ES256,
            verify_ssl=verify,
            user_agent=f"enuf/{enuf.__version__}",
            timeout=ANSWER_WITHIN_S,
        )
        network.session.hooks["response"].append(self._note_answer)
        directory = client.ClientV2.get_directory(request.directory_url, network)
        self.client = client.ClientV2(directory, network)

    def sign_in(self) -> None:
        """Use the account of the folder; register one with the authority where there is none, agreeing to its terms."""
        if not self._account.uri:
            uri = self._register()
            self._account = msgspec.structs.replace(self._account, uri=uri)
            files.write_whole(self._path, msgspec.json.encode(self._account).decode(), 0o600)
        self.client.net.account = messages.RegistrationResource(
            body=messages.Registration(), uri=self._account.uri
        )

    def sign_in_anew(self) -> None:
        """Register the key of the folder again, with an authority that does not know its account any more."""
        self._account = msgspec.structs.replace(self._account, uri="")
        self.client.net.account = None  # a registration is signed by the key itself
        self.sign_in()

    def _register(self) -> str:
        request = self._request
        binding = None
        if request.eab_kid:
            binding = messages.ExternalAccountBinding.from_data(
                self.key.public_key(), request.eab_kid, request.eab_key, self.client.directory
            )
        wanted = messages.NewRegistration.from_data(
            email=request.email or None, external_account_binding=binding, terms_of_service_agreed=True
        )
        try:
            return str(self.client.new_account(wanted).uri)
        except errors.ConflictError as error:  # registered by an attempt that was killed
            return error.location

    def _read(self) -> _Account | None:
        try:
            return msgspec.json.decode(files.read_regular(self._path, follow=False), type=_Account)
        except (OSError, msgspec.MsgspecError, ValueError):
            return None

    def _note_answer(self, response: requests.Response, *_: Any, **__: Any) -> None:
        self.retry_after_s = 0.0
        if response.headers.get("Retry-After"):
            self.retry_after_s = wait_of(response)


def _trusted_by_variable() -> str:
    """Return the file of SSL_CERT_FILE, which Python and OpenSSL follow; requests follows variables of its own only."""
    if os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE"):
        return ""
    return os.environ.get("SSL_CERT_FILE", "")


def wait_of(response: requests.Response) -> float:
    """Return the seconds that an answer asks to wait."""
    moment = client.ClientV2.retry_after(response, 0)
    return max(0.0, moment.timestamp() - time.time())
