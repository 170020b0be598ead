"""A unix socket whose umask shuts nginx's user out."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import AppPair, Evidence
from enuf.doctor.facts.app_servers import at_app_setting, bound_pairs
from enuf.doctor.facts.host import ROOT_USERS, nginx_user_of
from enuf.doctor.rule import Diagnostic, Rule
from enuf.model.address import UnixAddress

_WEB_USERS = ("www-data", "nginx", "http", "www", "nobody", "wwwrun")
_WRITE = 0o2


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every unit whose socket others may not write, with a user and a group that are not nginx's."""
    for pair in bound_pairs(evidence):
        server, start = pair.server, pair.server.start
        if start.unit is None or not isinstance(pair.bind and pair.bind.address, UnixAddress):
            continue
        if pair.bind and pair.bind.activated:
            continue
        umask = _umask(pair)
        nginx = nginx_user_of(evidence, pair.site_pass.site)
        if umask is None or not umask & _WRITE or nginx in ROOT_USERS or _is_shared(pair, nginx):
            continue
        yield at_app_setting(
            server,
            "umask",
            f"the socket is closed to nginx: its user must be {start.user}, or be in the group of the socket: "
            "502, `connect() ... failed (13: Permission denied)`",
            hint="Group=www-data   # the group of nginx's user, with -m 007",
        )


def _umask(pair: AppPair) -> int | None:
    """Return the umask of the socket, None if it is unset: then gunicorn opens the socket to everybody."""
    text = pair.server.settings.text("umask")
    try:
        return int(text, 0 if text.startswith(("0x", "0o")) else 8) if text else None
    except ValueError:
        return None


def _is_shared(pair: AppPair, nginx: str) -> bool:
    """Return True if nginx's user owns the socket or may be in its group."""
    start, settings = pair.server.start, pair.server.settings
    group = settings.text("group") or start.group
    user = settings.text("user") or start.user
    known = {nginx, *_WEB_USERS} - {""}
    return user in known or group in known or (bool(group) and group != user)


RULE = Rule("G008", "socket-closed-to-nginx", "warning", check)
