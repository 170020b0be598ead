"""The certificates of a project: those of its running stack, else those that its settings name."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import msgspec

from enuf.control.client import ask_supervisor
from enuf.errors import EnufError, NotRunning
from enuf.model.certificate import CertificateStatus, OrderStatus, TlsMode, TlsStatus, certificate_status
from enuf.model.paths import StackPaths
from enuf.model.protocol import StatusRequest
from enuf.model.site import Installed
from enuf.model.status import StackStatus
from enuf.settings.schema import Settings
from enuf.start.acme import acme_folder, order_now, request_of
from enuf.start.certificate import local_folder, local_names, pair_files
from enuf.start.invocation import Invocation
from enuf.start.pipeline import read_settings
from enuf.system.runtime_dir import locate
from enuf.system.stack_lock import is_running
from enuf.system.switch_user import ask_as, environment_for, keeper_of
from enuf.system.user import User, user_named, user_of

WITHIN_S = 5
Wish = Literal["look", "make", "renew", "force"]


class CertPlace(msgspec.Struct, frozen=True, kw_only=True):
    """What `enuf cert` works on."""

    mode: TlsMode | Literal["off"]
    ca: str = ""
    certificates: tuple[CertificateStatus, ...] = ()
    order: OrderStatus | None = None
    """The orders from an authority, in mode `acme`."""


def owner_of_certificates(project: Path) -> User:
    """Return the user whose certificates are meant: that of the running stack, whose word counts for that user alone.

    Without a stack, the user whose browsers are meant.
    """
    paths = locate(project)
    if os.geteuid() == 0 and is_running(paths):
        return user_of(Path(paths.runtime).lstat())
    return owner_of_browsers(project)


def owner_of_browsers(project: Path) -> User:
    """Return the user whose browsers are meant: as root, the project's keeper, or the user who called sudo."""
    me = user_named(str(os.geteuid())) or User(str(os.geteuid()), os.geteuid(), os.getegid(), "/")
    me = me._replace(home=str(Path.home()))
    if os.geteuid() != 0:
        return me
    return keeper_of(project) or user_named(os.environ.get("SUDO_UID", "")) or me


def find_certificates(
    invocation: Invocation, environ: Mapping[str, str], user: User, wish: Wish = "look"
) -> CertPlace:
    """Return the certificates of the project. Raise EnufError.

    With `make`, the local authority is made where there is none; with `renew`, it issues a new certificate, or another
    authority is asked for one now if it is due; with `force` also if it is not.
    """
    if os.geteuid() != 0 or user.uid == 0:
        return _find(invocation, environ, wish)
    return ask_as(user, lambda: _find(invocation, environment_for(user, environ), wish), CertPlace)


def certificates_of_site(record: Installed) -> CertPlace:
    """Return the certificates of an installed site, which everybody may read."""
    from enuf.tls.local import read_facts

    if record.tls is None:
        return CertPlace(mode="off")
    facts = read_facts(Path(record.site.public_certificate))
    path, mode = record.tls.certificate, record.tls.mode
    found = (certificate_status(facts, path, time.time()),) if facts else ()
    return CertPlace(mode=mode, certificates=found)


def _find(invocation: Invocation, environ: Mapping[str, str], wish: Wish) -> CertPlace:
    from enuf.tls.local import issued, read_facts, site_in

    paths = locate(Path(invocation.project))
    settings, now = read_settings(invocation, environ).settings, time.time()
    try:
        running = ask_supervisor(paths, StatusRequest(), StackStatus, timeout_s=WITHIN_S).tls
    except EnufError:
        running = None
    mode = running.mode if running else settings.tls.mode
    if mode == "acme":
        return _ordered(invocation, settings, paths, running, wish)
    if mode == "files":
        path = running.certificates[0].path if running else pair_files(Path(invocation.project), settings)[0]
        facts = read_facts(Path(path))
        return CertPlace(mode=mode, certificates=(certificate_status(facts, path, now),) if facts else ())
    if mode == "off" and wish == "look":
        return CertPlace(mode=mode)
    # A running stack may belong to a user with another folder.
    folder = Path(running.ca).parent.parent if running and running.ca else local_folder(paths)
    names = running.certificates[0].names if running else local_names(settings)
    site = site_in(folder, names)
    if wish in ("renew", "force") or (wish == "make" and running is None):
        site = issued(folder, names, anew=wish in ("renew", "force"))
    path = running.certificates[0].path if running and wish == "look" else str(site.certificate)
    facts = read_facts(Path(path))
    ca = (running.ca if running else "") or (str(site.ca) if site.ca.is_file() else "")
    return CertPlace(mode=mode, ca=ca, certificates=(certificate_status(facts, path, now),) if facts else ())


def _ordered(
    invocation: Invocation, settings: Settings, paths: StackPaths, running: TlsStatus | None, wish: Wish
) -> CertPlace:
    """Return the certificate that an authority issues, or its stand-in. Raise AnswerIsNo where it did not issue one."""
    from enuf.tls.acme.folder import AcmeFolder
    from enuf.tls.acme.report import order_status
    from enuf.tls.local import read_facts

    if running:  # its folder is that of its user
        folder = AcmeFolder(Path(running.certificates[0].path).parent.parent)
    else:
        folder = acme_folder(settings, paths)
    if wish in ("renew", "force"):
        if running is None:
            raise NotRunning(
                "the authority asks for its challenge at the site's port 80, and nothing runs there",
                "enuf up -d",
            )
        order_now(folder, force=wish == "force")
    facts = read_facts(folder.certificate)
    if facts is None:
        return CertPlace(mode="acme")
    authority = request_of(Path(invocation.project), settings, "").authority
    return CertPlace(
        mode="acme",
        certificates=(certificate_status(facts, str(folder.certificate), time.time()),),
        order=order_status(authority, folder, facts),
    )
