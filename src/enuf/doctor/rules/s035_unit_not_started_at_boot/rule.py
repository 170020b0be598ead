"""A unit without [Install]: `systemctl enable` does nothing, and after the next boot the site is down."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.service_units import is_drop_in, services
from enuf.doctor.rule import Diagnostic, Rule, at_setting, at_unit
from enuf.syntax.unit import UnitFile

_SERVERS = (
    "uwsgi",
    "gunicorn",
    "uvicorn",
    "nginx",
    "flask",
    "waitress",
    "daphne",
    "hypercorn",
    "granian",
    "manage.py",
    "python",
)
_TARGETS = (
    *("multi-user.target", "graphical.target", "default.target", "network.target", "network-online.target"),
    *("basic.target", "sysinit.target", "timers.target", "sockets.target"),
)
_INSTALL = ("WantedBy", "RequiredBy", "UpheldBy", "Also", "Alias")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every unit of a web server that nothing starts: no [Install], no socket, timer or unit that wants it."""
    for unit in services(evidence):
        for setting in unit.all("WantedBy", "Install"):
            meant = _misspelt_target(setting.value)
            if meant:
                yield at_setting(
                    setting,
                    f"there is no target {setting.value}: the service does not start when the machine boots",
                    hint=f"WantedBy={meant}",
                )
    texts = [(unit, " ".join(setting.value for setting in unit.settings)) for unit in evidence.units]
    for unit in services(evidence):
        if (
            is_drop_in(unit)
            or not unit.name.endswith(".service")
            or any(unit.all(name, "Install") for name in _INSTALL)
        ):
            continue
        if unit.value("Type") in ("oneshot", "dbus") or not _is_server(unit) or "@" in unit.name:
            continue
        if ".target" in unit.value("PartOf", "Unit"):
            continue  # the target starts the service, by a name that a script may still fill in
        stem = unit.name.removesuffix(".service")
        if any(
            unit.name in text or other.name in (f"{stem}.socket", f"{stem}.timer")
            for other, text in texts
            if other is not unit
        ):
            continue
        yield at_unit(
            unit,
            "without [Install] systemctl enable does nothing: the service does not start when the machine boots",
            hint="[Install]  and  WantedBy=multi-user.target",
        )


def _misspelt_target(value: str) -> str:
    """Return the target that a name most likely means, empty for a known name and for one that is like none."""
    if value in _TARGETS or not value.endswith(".target") or "%" in value:
        return ""
    near = difflib.get_close_matches(value, _TARGETS, n=1, cutoff=0.9)
    return near[0] if near else ""


def _is_server(unit: UnitFile) -> bool:
    return any(word in setting.value for setting in unit.all("ExecStart") for word in _SERVERS)


RULE = Rule("S035", "unit-not-started-at-boot", "warning", check)
