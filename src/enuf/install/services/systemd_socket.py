"""The sockets that systemd holds for a site, so that requests wait while the service is away. Pure.

nginx connects to a link. While the app serves, the link leads to the app's own socket; else to a socket of systemd, in
whose queue requests wait. There are two of those: a run of the service answers what waits at the one, and when it stops,
new requests go to the other one, at which no process accepts that is about to end.
"""

from __future__ import annotations

import shlex

from enuf.install.change import MakeLink, WriteFile
from enuf.install.failure_script import TRIES
from enuf.install.services.base import ServiceRequest
from enuf.install.services.systemd_described import described
from enuf.model.site import Site
from enuf.syntax.unit_print import Line, Section, command, literal, to_text

GIVEN_UP = (4, 6, 9)
"""Exit statuses of `enuf serve` after which only a change helps: settings, tools, rights. Nobody waits for that."""
PATIENCE = 3
"""Failed starts in a row during which requests wait. Later ones get 502 at once, until a start succeeds."""

_HEADER = """\
What waits for the app of the site {name} while its service is away: {service} takes these sockets over at its start.
Written by `enuf install`; `enuf uninstall` removes it."""
_SCRIPT = """\
#!/bin/sh
# Leads nginx to the app of the site {name}; systemd runs it as root when {service} starts and stops.
# {entrance}/app.sock is what nginx connects to. It leads to the app's own socket while the app serves,
# else to a socket that systemd holds: requests wait in its queue.
# Written by `enuf install`; `enuf uninstall` removes it.
set -eu
cd {entrance} 2>/dev/null || exit 0  # the sockets are closed already
links={links}

wait_here() {{ for link in $links; do ln -sfT waiting.sock "$link"; done; }}
refuse() {{ for link in $links; do rm -f "$link"; done; }}
close() {{ systemctl stop --no-block {socket}; }}

case "$1" in
wait) wait_here ;;
serve)
    for link in $links; do ln -sfT {runtime}/"$link" "$link"; done
    # This run keeps the socket at which requests have waited for it; the next ones wait at the other one.
    case "$(readlink waiting.sock)" in 1.sock) next=2.sock ;; *) next=1.sock ;; esac
    ln -sfT "$next" waiting.sock ;;
ended)
    case "$(readlink app.sock || :)" in /*) has_served=yes ;; *) has_served=no ;; esac
    case "$(systemctl list-jobs --no-legend --no-pager {service}) $SERVICE_RESULT/${{EXIT_STATUS:-}}" in
    *" restart "*) wait_here ;;
    *" stop "* | *" success/"*) close ;;
    {given_up}) refuse ;;
    *)  # it is started again soon: by systemd after a kill, by {retries} after a failed start
        tries=$(($(systemctl show --property=NRestarts --value {service}) + $(cat {counted} 2>/dev/null || echo 0)))
        if [ $has_served = yes ] || [ "$tries" -lt {patience} ]; then wait_here; else refuse; fi ;;
    esac ;;
esac
"""


def socket_files(request: ServiceRequest, folder: str) -> tuple[WriteFile | MakeLink, ...]:
    """Return the socket unit, the script that moves the links, and the link that opens the sockets at boot."""
    site = request.site
    path = f"{folder}/{site.socket_unit}"
    return (
        WriteFile(site.socket_script, _script(request), 0o755),
        WriteFile(path, _socket_unit(request)),
        MakeLink(f"{folder}/sockets.target.wants/{site.socket_unit}", path),
    )


def _socket_unit(request: ServiceRequest) -> str:
    site = request.site
    why = "Open from the boot on and over every restart of the service; they close when it stops for good."
    folder = site.entrance.rpartition("/")[2]
    unit = described(f"enuf site {site.name}: requests wait here while its service is away", "enuf-restart")
    lines = (
        *(Line("ListenStream", path, why if path == site.waiting_sockets[0] else "") for path in site.waiting_sockets),
        Line("SocketUser", literal(site.nginx.user), "nginx alone may connect."),
        Line("SocketMode", "0600"),
        Line("Backlog", str(request.plan.backlog_limit)),
        Line("RuntimeDirectory", folder, "Gone with the sockets."),
        Line("RemoveOnStop", "yes"),
        Line("ExecStartPost", command(("/bin/ln", "-sfT", "1.sock", site.waiting_link))),
        Line("ExecStartPost", _run(site, "wait")),
    )  # fmt: skip
    sections = (
        Section("Unit", unit),
        Section("Socket", lines),
        Section("Install", (Line("WantedBy", "sockets.target"),)),
    )
    return to_text(sections, _HEADER.format(name=site.name, service=site.unit))


def held_lines(site: Site) -> tuple[tuple[Line, ...], tuple[Line, ...]]:
    """Return the lines of the service that let requests wait while it is away: of its [Unit], and of its [Service]."""
    unit = (
        Line("Requires", site.socket_unit, "Its sockets: requests wait there while this service is away."),
        Line("After", site.socket_unit),
    )
    service = (
        Line("ExecStartPost", f"+{_run(site, 'serve')}", "Leads nginx to the app, once it serves; as root, who alone may."),
        Line("ExecStop", f"+{_run(site, 'wait')}", "Then the requests in flight are finished."),
        Line("ExecStopPost", f"+{_run(site, 'ended')}", "Closes the sockets, unless the service comes back by itself."),
    )  # fmt: skip
    return unit, service


def _run(site: Site, step: str) -> str:
    return command(("/bin/sh", site.socket_script, step))


def _script(request: ServiceRequest) -> str:
    site = request.site
    links = (path.rpartition("/")[2] for path in site.app_links(len(request.plan.server.sockets)))
    return _SCRIPT.format(
        name=site.name,
        service=site.unit,
        socket=site.socket_unit,
        entrance=site.entrance,
        runtime=shlex.quote(site.runtime),
        links=shlex.quote(" ".join(links)),
        given_up=" | ".join(f"*exit-code/{status}" for status in GIVEN_UP),
        patience=PATIENCE,
        retries=site.failed_unit,
        counted=f"{site.failed_folder}/{TRIES}",
    )
