"""The certificate that an authority issues by ACME: its order from the settings, and the folder of its engine."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from enuf.errors import AnswerIsNo, Conflict, SettingsInvalid, ToolUnusable
from enuf.model.certificate import TlsPlan
from enuf.model.paths import StackPaths
from enuf.settings.schema import Settings
from enuf.system.own_command import installer

if TYPE_CHECKING:
    from enuf.tls.acme.folder import AcmeFolder
    from enuf.tls.acme.request import AcmeRequest


def acme_plan(project: Path, settings: Settings, paths: StackPaths, *, shown: bool) -> TlsPlan:
    """Return the plan for the certificate in the site's folder: a stand-in before the first order.

    With `shown`, the folder is not written. Raise ToolUnusable without the library, and SettingsInvalid where the folder cannot be written.
    """
    refuse_missing_library()
    folder = acme_folder(settings, paths)
    request = request_of(project, settings, str(folder.webroot))
    _refuse_bad_root(request.directory_ca)
    if not shown:
        folder.prepare(request)
    return TlsPlan(
        mode="acme", certificate=str(folder.certificate), key=str(folder.key), facts=folder.facts(request),
        folder=str(folder.path), webroot=request.webroot, authority=request.authority,
    )  # fmt: skip


def _refuse_bad_root(path: str) -> None:
    """Raise SettingsInvalid for a file in tls.directory_ca that holds no certificate, or cannot be read."""
    from enuf.system.files import read_regular
    from enuf.tls.pair import parse_chain

    try:
        if path:
            parse_chain(read_regular(Path(path)))
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "no certificate in PEM form"
        raise SettingsInvalid(
            f"tls.directory_ca: {path}: {why}",
            "name the file with the authority's root certificate",
            slug="certificate-unusable",
        ) from None


def refuse_missing_library() -> None:
    """Raise ToolUnusable where certbot's library is not installed beside enuf."""
    if importlib.util.find_spec("acme") is None:
        raise ToolUnusable(
            'tls.mode = "acme" needs a library that is not installed beside enuf',
            f"{installer(sys.executable, sys.prefix)} 'enuf[acme]'",
            slug="acme-missing",
        )


def acme_folder(settings: Settings, paths: StackPaths) -> AcmeFolder:
    """Return the folder of the site's orders, below the user's data: it outlives releases and `.enuf`."""
    from enuf.tls.acme.folder import folder_of
    from enuf.tls.local import data_folder

    return folder_of(data_folder(Path(paths.home) / "tls"), request_of(Path(paths.project), settings, ""))


def request_of(project: Path, settings: Settings, webroot: str) -> AcmeRequest:
    """Return the order for the site of these settings; relative paths begin at the project."""
    from enuf.tls.acme.request import LETS_ENCRYPT, LETS_ENCRYPT_STAGING, AcmeRequest
    from enuf.tls.names import certified
    from enuf.tls.source import absolute

    tls = settings.tls
    return AcmeRequest(
        names=certified(settings.certificate_hosts),
        directory_url=tls.directory or (LETS_ENCRYPT_STAGING if tls.staging else LETS_ENCRYPT),
        webroot=webroot,
        email=tls.email,
        eab_kid=tls.eab_kid,
        eab_key=tls.eab_key,
        directory_ca=absolute(project, (tls.directory_ca,))[0] if tls.directory_ca else "",
    )


def order_now(folder: AcmeFolder, *, force: bool) -> None:
    """Order a certificate now, without regard to earlier failures; with `force` also one that is not due.

    Raise AnswerIsNo with what the authority said, and Conflict where another process is asking.
    """
    refuse_missing_library()
    from enuf.tls.acme.engine import attempt

    try:
        outcome = attempt(folder, "force" if force else "now")
    except (OSError, msgspec.MsgspecError) as error:
        raise SettingsInvalid(
            f"{folder.path} holds no order: {error}",
            "enuf restart writes it again",
            slug="certificate-unusable",
        ) from None
    if outcome.outcome == "busy":
        raise Conflict("a certificate is being ordered right now", "see what becomes of it: enuf cert status")
    if outcome.outcome == "failed":
        raise AnswerIsNo(outcome.problem, outcome.hint, slug="certificate-not-issued")
