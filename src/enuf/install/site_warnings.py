"""Warnings about what an install is asked for: names that go, HTTPS that is missing, the rights of root. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.install.services.base import ServiceUser
from enuf.model.address import HTTPS_PORT, TcpAddress
from enuf.model.site import Installed, domains_of
from enuf.settings.schema import Settings


def site_warnings(
    old: Installed | None, new: Installed, settings: Settings, user: ServiceUser
) -> Iterator[str]:
    """Yield a sentence for each."""
    gone = [name for name in (domains_of(old) if old else ()) if name not in new.domains]
    if gone:
        yield f"the site no longer answers to {', '.join(gone)}: --domain replaces all names that were said before"
    ports = [each.port for each in settings.serve.addresses if isinstance(each, TcpAddress)]
    if HTTPS_PORT in ports and not settings.tls.on:
        yield (
            f"the site speaks plain HTTP at port {HTTPS_PORT}, where browsers expect HTTPS: leave --listen out and say "
            "--tls acme, or name a certificate by tls.certificate"
        )
    if user.name == "root":
        yield "the app runs as root, who may read and change almost all of this host: name another user, --user NAME"
