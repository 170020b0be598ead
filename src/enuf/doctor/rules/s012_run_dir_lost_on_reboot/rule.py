"""A folder below /run that nothing creates again after a reboot."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, Server
from enuf.doctor.rule import Diagnostic, Rule, at_option, by_hand
from enuf.syntax.unit import without_specifiers
from enuf.syntax.uwsgi_config import ParsedOption

_OPTIONS = ("socket", "http-socket", "pidfile", "pidfile2", "safe-pidfile", "master-fifo", "stats")
_ALWAYS_THERE = frozenset(
    ("/run/lock", "/run/user", "/run/shm", "/run/systemd", "/run/secrets", "/run/nginx")
)


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every folder below /run in the configuration of a service, once."""
    for server in evidence.servers:
        start = server.start
        if start is None or start.kind not in ("unit", "supervisor") or server.in_container:
            continue
        seen: set[str] = set()
        for option, folder in _folders(server):
            if folder in seen or folder in _ALWAYS_THERE or _is_made(evidence, folder):
                continue
            seen.add(folder)
            name = folder.removeprefix("/run/")
            yield at_option(
                option,
                f"/run is empty after a reboot and nobody makes {folder} again: uWSGI cannot start",
                hint=f"RuntimeDirectory={name}",
                fix=by_hand(f"add `RuntimeDirectory={name}` to the unit, or a line to /etc/tmpfiles.d"),
            )


def _folders(server: Server) -> Iterator[tuple[ParsedOption, str]]:
    """Yield the options with a path in a folder of /run, each with that folder."""
    for option in server.config.all(*_OPTIONS):
        path = posixpath.normpath(option.value.partition(",")[0])
        if path.startswith("/var/run/"):
            path = path.removeprefix("/var")
        parts = path.split("/")
        if not option.unresolved and not option.conditional and path.startswith("/run/") and len(parts) > 3:
            yield option, "/".join(parts[:3])


def _is_made(evidence: Evidence, folder: str) -> bool:
    """Return True if a unit, a tmpfiles line or a script creates the folder, or may create it."""
    for unit in evidence.units:
        for setting in unit.all("RuntimeDirectory"):
            words = without_specifiers(setting.value, unit.name).replace(":", " ").split()
            if any("%" in word or f"/run/{word}".startswith(folder) for word in words):
                return True
        makers = ("ExecStartPre", "ExecStart")
        if any(_makes(setting.value, folder) for name in makers for setting in unit.all(name)):
            return True
        if any(folder in setting.value for setting in unit.all("ListenStream", "Socket")):
            return True
    if any(
        each.rstrip("/").replace("/var/run/", "/run/").startswith(folder)
        for each in evidence.tmpfiles_folders
    ):
        return True
    return any(_makes(line, folder) for file in evidence.of_kind("script") for line in file.text.splitlines())


def _makes(text: str, folder: str) -> bool:
    return folder in text and ("mkdir" in text or "install" in text or "tmpfiles" in text)


RULE = Rule("S012", "run-dir-lost-on-reboot", "warning", check)
