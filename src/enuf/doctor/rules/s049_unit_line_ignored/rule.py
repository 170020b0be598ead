"""A line of a unit that systemd ignores: outside of every section, or with a key that it does not know."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.service_units import has_placeholder, services
from enuf.doctor.rule import Diagnostic, Rule, at_setting
from enuf.syntax.unit import UnitSetting
from enuf.syntax.unit_keys import UNIT_KEYS

_CLOSE = 0.82
_NEEDED = ("ExecStart", "User", "WorkingDirectory", "Restart", "WantedBy")
"""Keys whose loss changes how the service runs."""


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every line before the first section, and every key that is close to one that systemd knows."""
    yield from _in_other_units(evidence)
    for unit in services(evidence):
        for setting in unit.settings:
            if has_placeholder(setting):
                continue
            if not setting.section:
                section = next((name for name, keys in UNIT_KEYS.items() if setting.name in keys), "Unit")
                yield at_setting(
                    setting,
                    f"{setting.name} stands outside of every section: systemd ignores the line",
                    severity="warning" if setting.name in (*_NEEDED, "After", "Requires") else "advice",
                    hint=f"[{section}]   on a line before this one",
                )
            elif near := _near(setting):
                yield at_setting(
                    setting,
                    f"systemd knows no key {setting.name} in [{setting.section}] and ignores the line",
                    hint=f"{near}={setting.value}",
                )


def _in_other_units(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report the lines before the first section of units that are no services."""
    for unit in evidence.units:
        for setting in unit.settings if unit.name.endswith((".socket", ".timer", ".path")) else ():
            if not setting.section and not has_placeholder(setting):
                yield at_setting(
                    setting,
                    f"{setting.name} stands outside of every section: systemd ignores the line",
                    severity="warning" if setting.name.startswith(("Listen", "On", "Path")) else "advice",
                    hint="[Unit]   on a line before this one",
                )


def _near(setting: UnitSetting) -> str:
    """Return the key that an unknown one is close to, empty if the key is known or resembles none."""
    known = UNIT_KEYS.get(setting.section, [])
    if setting.name in known or setting.name.startswith("X-"):
        return ""
    wrong_case = [key for key in known if key.lower() == setting.name.lower()]
    return next(iter(wrong_case or difflib.get_close_matches(setting.name, known, 1, _CLOSE)), "")


RULE = Rule("S049", "unit-line-ignored", "warning", check)
