"""The sockets of services without uWSGI, by the folders that systemd makes for the services."""

from __future__ import annotations

import re
from collections.abc import Iterable

from enuf.doctor.evidence import StartCommand
from enuf.model.address import Address, UnixAddress
from enuf.syntax.unit import UnitFile
from enuf.syntax.unit_folders import made_folders

_OF_ENUF = re.compile(r"/run/enuf-[a-z0-9-]+/app(?:\.[0-9]+)?\.sock")
"""The sockets of a site that `enuf install` made."""


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
