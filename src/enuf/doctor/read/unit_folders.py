"""The folders that systemd makes for a service, and the sockets in them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from enuf.doctor.evidence import StartCommand
from enuf.model.address import Address, UnixAddress
from enuf.syntax.unit import UnitFile, UnitSetting, without_specifiers

_TOPS = {"RuntimeDirectory": "/run", "LogsDirectory": "/var/log"}
_OF_ENUF = re.compile(r"/run/enuf-[a-z0-9-]+/app(?:\.[0-9]+)?\.sock")
"""The sockets of a site that `enuf install` made."""


def made_folders(unit: UnitFile, *names: str) -> Iterator[tuple[str, UnitSetting]]:
    """Yield the folders of RuntimeDirectory= and LogsDirectory=, or of one of them, each with its setting."""
    for name in names or tuple(_TOPS):
        for setting in unit.all(name):
            for word in without_specifiers(setting.value, unit.name).split():
                folder = word.partition(":")[0].strip("/")
                if folder and "%" not in folder:
                    yield f"{_TOPS[name]}/{folder}", setting


def sockets_of_others(units: Iterable[UnitFile], starts: Iterable[StartCommand]) -> tuple[str, ...]:
    """Return the beginnings of the paths of sockets that services without uWSGI provide."""
    of_uwsgi = {start.unit.file for start in starts if start.unit}
    found = []
    for unit in units:
        if unit.file not in of_uwsgi:
            found += [f"{folder}/" for folder, _ in made_folders(unit, "RuntimeDirectory")]
            found += [
                setting.value
                for setting in unit.all("ListenStream", "Socket")
                if setting.value.startswith("/")
            ]
    return tuple(found)


def is_of_others(address: Address | None, beginnings: tuple[str, ...]) -> bool:
    """Return True for a socket that another service provides, or a site of enuf's."""
    if not isinstance(address, UnixAddress):
        return False
    return address.path.startswith(beginnings) or _OF_ENUF.fullmatch(address.path) is not None
