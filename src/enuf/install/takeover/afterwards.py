"""What is left of a hand-made site once enuf serves in its place, and the commands that end it."""

from __future__ import annotations

import posixpath
import shlex
from collections.abc import Callable, Iterator, Sequence

import msgspec

from enuf.install.replaced import ADOPTED
from enuf.install.takeover.found import HandMade, OldServer

_UNITS = "/etc/systemd/system/"
_SITES = "/etc/nginx/sites-available/"


class Leftover(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the old site, and how to end it."""

    what: str
    command: str


def old_parts(found: HandMade, name: str, link_target: Callable[[str], str]) -> tuple[Leftover, ...]:
    """Return what to stop and to remove, in this order. `link_target` returns where a link leads, empty for a file."""
    return (
        *_of_server(found.server),
        *_of_files(found.server.files, found.site.files, link_target),
        Leftover(
            what="with it goes the way back: until then `enuf uninstall` puts the old site back",
            command=f"sudo rm -r {ADOPTED}/{name}",
        ),
    )


def _of_server(server: OldServer) -> Iterator[Leftover]:
    if server.unit:
        yield Leftover(
            what=f"the old {server.program}, now and at boot",
            command=f"sudo systemctl disable --now {shlex.quote(server.unit)}",
        )
        return
    what = f"the old {server.program}; whatever starts it at boot is yours to find: crontab -l, /etc/rc.local"
    if server.program == "uwsgi" and server.pid_file:
        yield Leftover(what=what, command=f"sudo uwsgi --stop {shlex.quote(server.pid_file)}")
    elif server.pid is not None:
        signal = "INT" if server.program == "uwsgi" else "TERM"
        yield Leftover(what=what, command=f"sudo kill -{signal} {server.pid}")


def _of_files(
    of_server: Sequence[str], of_site: Sequence[str], link_target: Callable[[str], str]
) -> Iterator[Leftover]:
    units = [path for path in of_server if path.startswith(_UNITS)]
    targets = [
        posixpath.normpath(posixpath.join(posixpath.dirname(path), link_target(path))) for path in of_site
    ]
    sites = [path for path in targets if path.startswith(_SITES)]
    if units:
        command = f"sudo rm {shlex.join(units)} && sudo systemctl daemon-reload"
        yield Leftover(what="the old unit", command=command)
    if sites:
        yield Leftover(
            what="the old site's file, which nginx does not read any more",
            command=f"sudo rm {shlex.join(sites)}",
        )
