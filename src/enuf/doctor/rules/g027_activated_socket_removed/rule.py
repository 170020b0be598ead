"""A socket that systemd opens in the RuntimeDirectory of its service, which systemd removes when the service stops."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.rule import Diagnostic, Rule, at_setting
from enuf.syntax.unit import UnitFile
from enuf.syntax.unit_folders import made_folders


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every RuntimeDirectory that holds the socket file of the service's own .socket unit."""
    for unit in evidence.units:
        if not unit.name.endswith(".service") or unit.value("RuntimeDirectoryPreserve") in ("yes", "restart"):
            continue
        sockets = [other for other in evidence.units if _opens_for(other, unit)]
        for folder, setting in made_folders(unit, "RuntimeDirectory"):
            for other in sockets:
                for listen in other.all("ListenStream", "Socket"):
                    path = posixpath.normpath(listen.value).replace("/var/run/", "/run/", 1)
                    if path.startswith(folder + "/"):
                        yield at_setting(
                            setting,
                            f"systemd removes {folder} when the service stops, and {path} of {other.name} with it: "
                            "after a restart nginx answers 502 until the .socket unit is restarted, too",
                            hint=f"take RuntimeDirectory out: the .socket unit makes {folder} itself",
                            evidence=(f"{listen.file}:{listen.line}",),
                        )


def _opens_for(socket: UnitFile, service: UnitFile) -> bool:
    serves = socket.value("Service", "Socket") or socket.name.replace(".socket", ".service")
    same_folder = posixpath.dirname(socket.file) == posixpath.dirname(service.file)
    return socket.name.endswith(".socket") and serves == service.name and same_folder


RULE = Rule("G027", "activated-socket-removed", "warning", check)
