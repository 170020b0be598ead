"""What is left of a hand-made site once enuf serves in its place, and the commands that end it."""

from __future__ import annotations

import posixpath
import shlex
from collections.abc import Callable, Iterator, Sequence

import msgspec

from enuf.install.replaced import ADOPTED
from enuf.install.takeover.found import HandMade, OldServer, StartedBy

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
        *_of_files(found.server, found.site.files, link_target),
        Leftover(
            what="with it goes the way back: until then `enuf uninstall` puts the old site back",
            command=f"sudo rm -r {ADOPTED}/{name}",
        ),
    )


def _of_server(server: OldServer) -> Iterator[Leftover]:
    if server.started_by is not None:
        yield from _of_manager(server, server.started_by)
        return
    if server.unit:
        units = [*([server.socket_unit] if server.socket_unit else []), server.unit]
        yield Leftover(
            what=f"the old {server.program}, now and at boot",
            command=f"sudo systemctl disable --now {shlex.join(units)}",
        )
        return
    what = f"the old {server.program}; whatever starts it at boot is yours to find: crontab -l, /etc/rc.local"
    if server.pid is not None:  # and never what a pid file says, in which others may write any number
        signal = "INT" if server.program == "uwsgi" else "TERM"
        yield Leftover(what=what, command=f"sudo kill -{signal} {server.pid}")


def _of_manager(server: OldServer, by: StartedBy) -> Iterator[Leftover]:
    """Yield the commands that end a server whose manager would start it again."""
    file, name = shlex.quote(by.file), shlex.quote(by.name)
    if by.manager == "supervisor":
        yield Leftover(what=f"the old {server.program}, now", command=f"sudo supervisorctl stop {name}")
        if by.is_alone:
            yield Leftover(what="and at boot", command=f"sudo rm {file} && sudo supervisorctl update")
        else:
            section = by.name.rpartition(":")[2] if not by.name.endswith(":*") else by.name.removesuffix(":*")
            yield Leftover(
                what=f"and at boot: remove the section [program:{section}] there, and its name from [group:…]; the file has others too",
                command=f"sudoedit {file} && sudo supervisorctl update",
            )
    elif by.manager == "runit":
        folder = posixpath.dirname(by.file)
        link = (
            folder
            if posixpath.basename(posixpath.dirname(folder)) == "service"
            else f"/etc/service/{by.name}"
        )
        yield Leftover(what=f"the old {server.program}, now", command=f"sudo sv force-stop {name}")
        yield Leftover(
            what="and at boot; the service's own folder, in /etc/sv for example, is yours to remove",
            command=f"sudo rm -r {shlex.quote(link)}",
        )
    elif "/apps-enabled/" in by.file:
        yield Leftover(what="the old uwsgi, now", command=f"sudo service uwsgi stop {name}")
        yield Leftover(what="and at boot", command=f"sudo rm {file}")
    else:
        yield Leftover(
            what="the old uwsgi: the emperor ends it once its file is gone", command=f"sudo rm {file}"
        )


def _of_files(
    server: OldServer, of_site: Sequence[str], link_target: Callable[[str], str]
) -> Iterator[Leftover]:
    units, overrides = (
        [path for path in paths if path.startswith(_UNITS)]
        for paths in (server.files, server.override_folders)
    )
    targets = [
        posixpath.normpath(posixpath.join(posixpath.dirname(path), link_target(path))) for path in of_site
    ]
    sites = [path for path in targets if path.startswith(_SITES)]
    if units:
        remove = shlex.join(("rm", *(("-r",) if overrides else ()), *units, *overrides))
        yield Leftover(what="the old unit", command=f"sudo {remove} && sudo systemctl daemon-reload")
    if sites:
        yield Leftover(
            what="the old site's file, which nginx does not read any more",
            command=f"sudo rm {shlex.join(sites)}",
        )
