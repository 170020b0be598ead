"""The folders that a unit hides from its service, or lets it read only."""

from __future__ import annotations

import msgspec

from enuf.doctor.facts.host import is_temporary
from enuf.syntax.unit import TRUE_WORDS, UnitFile, UnitSetting
from enuf.syntax.unit_folders import FOLDERS, made_folders

_HOMES = ("/home", "/root", "/run/user")
_SYSTEM = {"yes": ("/usr", "/boot", "/efi"), "full": ("/usr", "/boot", "/efi", "/etc"), "strict": ("/",)}
_OPEN = ("/dev", "/proc", "/sys")
_WRITABLE = ("ReadWritePaths", "ReadWriteDirectories", "BindPaths")


class Sandbox(msgspec.Struct, frozen=True, kw_only=True):
    """What a service may write and see of the file system."""

    read_only: tuple[tuple[str, UnitSetting], ...] = ()
    hidden: tuple[tuple[str, UnitSetting], ...] = ()
    writable: tuple[tuple[str, UnitSetting], ...] = ()
    temporary: bool = False
    """True if the service has a /tmp of its own."""

    def closed_by(self, path: str) -> UnitSetting | None:
        """Return the setting that forbids writing to a path, None if none does."""
        if any(_is_in(path, each) for each in _OPEN) or (self.temporary and is_temporary(path)):
            return None
        place = path.replace("/var/run/", "/run/", 1) if path.startswith("/var/run/") else path
        held = max((len(each) for each, _ in self.writable if _is_in(place, each)), default=-1)
        closing = [(len(each), setting) for each, setting in self.read_only if _is_in(place, each)]
        length, setting = max(closing, key=lambda each: each[0], default=(-1, None))
        return setting if length > held else None

    def hidden_by(self, path: str) -> str:
        """Return the line that hides a path, empty if none does."""
        shown = any(_is_in(path, each) and setting.name == "BindPaths" for each, setting in self.writable)
        found = next((setting for each, setting in self.hidden if _is_in(path, each)), None)
        return f"{found.name}={found.value}" if found and not shown else ""


def sandbox_of(unit: UnitFile) -> Sandbox:
    """Return what the settings of a unit close."""
    system, home = unit.last("ProtectSystem"), unit.last("ProtectHome")
    read_only = [(path, system) for path in _SYSTEM.get(_word(system), ())] if system else []
    read_only += [(path, home) for path in _HOMES if _word(home) == "read-only"] if home else []
    for setting in (*unit.all("ReadOnlyPaths"), *unit.all("ReadOnlyDirectories")):
        read_only += [(path, setting) for path in _paths(setting)]
    hidden = [(path, home) for path in _HOMES if _word(home) in ("yes", "tmpfs")] if home else []
    return Sandbox(
        read_only=tuple(read_only),
        hidden=tuple(hidden),
        writable=tuple(_writable(unit)),
        temporary=unit.is_on("PrivateTmp") or unit.value("PrivateTmp") == "disconnected",
    )


def _writable(unit: UnitFile) -> list[tuple[str, UnitSetting]]:
    found = [(path, setting) for name in _WRITABLE for setting in unit.all(name) for path in _paths(setting)]
    return [*found, *made_folders(unit, *FOLDERS)]


def _paths(setting: UnitSetting) -> list[str]:
    """Return the paths in the service that a setting names; the target of a bind stands last."""
    words = [word.strip("\"'").lstrip("-+") for word in setting.value.split()]
    if setting.name == "BindPaths":
        words = [word.split(":")[1] if ":" in word else word for word in words]
    return [word.rstrip("/") or "/" for word in words if word.startswith("/")]


def _word(setting: UnitSetting | None) -> str:
    value = setting.value.lower() if setting else ""
    return "yes" if value in TRUE_WORDS else value


def _is_in(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")
