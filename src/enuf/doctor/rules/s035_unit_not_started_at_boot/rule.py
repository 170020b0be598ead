"""A unit without [Install]: `systemctl enable` does nothing, and after the next boot the site is down."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.service_units import is_drop_in, services
from enuf.doctor.rule import Diagnostic, Rule, at_unit
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
_INSTALL = ("WantedBy", "RequiredBy", "UpheldBy", "Also", "Alias")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every unit of a web server that nothing starts: no [Install], no socket, timer or unit that wants it."""
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


def _is_server(unit: UnitFile) -> bool:
    return any(word in setting.value for setting in unit.all("ExecStart") for word in _SERVERS)


RULE = Rule("S035", "unit-not-started-at-boot", "warning", check)
