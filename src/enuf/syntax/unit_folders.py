"""The folders that systemd makes for a service (systemd.exec: RuntimeDirectory= and its kin)."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.syntax.unit import UnitFile, UnitSetting, without_specifiers

FOLDERS = {
    "RuntimeDirectory": "/run",
    "StateDirectory": "/var/lib",
    "LogsDirectory": "/var/log",
    "CacheDirectory": "/var/cache",
}
"""Settings, each with the folder that holds what the setting names."""


def made_folders(unit: UnitFile, *names: str) -> Iterator[tuple[str, UnitSetting]]:
    """Yield the folders that the settings of these names make, each with its setting."""
    for name in names:
        for setting in unit.all(name):
            for word in without_specifiers(setting.value, unit.name).split():
                folder = word.partition(":")[0].strip("/")
                if folder and "%" not in folder:
                    yield f"{FOLDERS[name]}/{folder}", setting
