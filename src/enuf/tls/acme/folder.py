"""The folder of one site's orders: the order, the account, the pair and the state of the attempts."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

import msgspec

from enuf.errors import SettingsInvalid
from enuf.model.certificate import Certificate
from enuf.system import files
from enuf.tls.acme.request import AcmeRequest, digest
from enuf.tls.acme.schedule import AcmeState
from enuf.tls.acme.stand_in import stand_in
from enuf.tls.names import uncovered
from enuf.tls.pair import CertificatePair, Named, certificate_facts, checked_pair, parse_chain
from enuf.tls.root_reader import LARGEST_BYTES

CHALLENGES = ".well-known/acme-challenge"


class AcmeFolder(msgspec.Struct, frozen=True):
    """The files of the certificate orders of one user, in a private folder (0700); every file is replaced in one step."""

    path: Path

    @property
    def certificate(self) -> Path:
        """The certificate and its chain: issued, or the stand-in."""
        return self._pair / "site.pem"

    @property
    def key(self) -> Path:
        """The private key of the certificate (0600)."""
        return self._pair / "site.key"

    @property
    def state(self) -> Path:
        """The state of the attempts, as JSON."""
        return self.path / "state.json"

    @property
    def webroot(self) -> Path:
        """A webroot for a front that runs as the folder's own user."""
        return self.path / "webroot"

    @property
    def _pair(self) -> Path:
        return self.path / "pair"

    @property
    def _request(self) -> Path:
        return self.path / "request.json"

    def account(self, request: AcmeRequest) -> Path:
        """Return the file with the account's key and address (0600)."""
        return self.path / f"account-{request.account}.json"

    def prepare(self, request: AcmeRequest) -> None:
        """Write the order, make the webroot, and a stand-in where there is no pair that can be served.

        A pair that does not cover a new name is served on until the authority has issued another one.
        Raise SettingsInvalid where the folder cannot be written.
        """
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            for each in (self.path, self._pair):
                files.private_folder(each)
            (Path(request.webroot) / CHALLENGES).mkdir(parents=True, exist_ok=True)
            self._write(self._request, msgspec.json.encode(request))
            with self._writing():
                if not self._is_servable(request):
                    self._replace(*stand_in(request.names))
        except OSError as error:
            where = error.filename or self.path
            raise SettingsInvalid(
                f'tls.mode = "acme": {where}: {error.strerror or error}',
                "start enuf as a user with a home folder, and look for room on the disk",
                slug="certificate-unusable",
            ) from None

    def _is_servable(self, request: AcmeRequest) -> bool:
        pair = self.pair()
        return pair is not None and not (
            pair.facts.is_stand_in and uncovered(request.names, pair.facts.names)
        )

    def request(self) -> AcmeRequest:
        """Return the order. Raise OSError, or msgspec.MsgspecError for a file that is none."""
        return msgspec.json.decode(files.read_regular(self._request, follow=False), type=AcmeRequest)

    def pair(self) -> CertificatePair | None:
        """Return the pair, also the stand-in; None where it cannot be served."""
        named = Named(str(self.certificate), str(self.key))
        try:
            both = [
                files.read_regular(path, LARGEST_BYTES, follow=False) for path in (self.certificate, self.key)
            ]
            return checked_pair(both[0], both[1], named)
        except (OSError, SettingsInvalid):
            return None

    def facts(self, request: AcmeRequest) -> Certificate:
        """Return the facts of the certificate: where there is none that can be served, of a stand-in like the one to come."""
        pair = self.pair()
        return pair.facts if pair else certificate_facts(parse_chain(stand_in(request.names)[0])[0])

    def take(self, certificate: bytes, key: bytes, request: AcmeRequest) -> CertificatePair:
        """Check an issued pair and put it in the place of the one before.

        Raise SettingsInvalid for a pair that cannot be served, and OSError.
        """
        named = Named(f"the answer of {request.authority}", "the new key")
        pair = checked_pair(certificate, key, named, hosts=request.names)
        with self._writing():
            self._replace(certificate, key)
        return pair

    def read_state(self) -> AcmeState:
        """Return the state of the attempts: the initial one where there is none, or none that can be read."""
        try:
            return msgspec.json.decode(files.read_regular(self.state, follow=False), type=AcmeState)
        except (OSError, msgspec.MsgspecError, ValueError):
            return AcmeState()

    def write_state(self, state: AcmeState) -> None:
        """Write the state of the attempts. Raise OSError."""
        self._write(self.state, msgspec.json.encode(state))

    @contextlib.contextmanager
    def attempt(self) -> Iterator[bool]:
        """Let one process at a time order; give False where another one does."""
        lock = files.lock_folder(self.path)
        try:
            yield lock is not None
        finally:
            if lock is not None:
                os.close(lock)

    @contextlib.contextmanager
    def _writing(self) -> Iterator[None]:
        """Keep others from writing the pair for a moment."""
        descriptor = os.open(self._pair, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _replace(self, certificate: bytes, key: bytes) -> None:
        # The key first: a watcher that meets it beside the old certificate waits until both are there.
        self._write(self.key, key)
        files.write_whole(self.certificate, certificate.decode("ascii"), 0o644)

    def _write(self, path: Path, data: bytes) -> None:
        files.write_whole(path, data.decode("utf-8"), 0o600)


def folder_of(data: Path, request: AcmeRequest) -> AcmeFolder:
    """Return the folder for a site below the user's data: one for each first name and authority."""
    name = "".join(letter if letter.isalnum() or letter in ".-" else "_" for letter in request.names[0])
    return AcmeFolder(data / "acme" / f"{name[:100]}-{digest(request.directory_url)}")
