"""The folder of a running service's logs was removed: systemd makes it at a start alone."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.host import is_missing
from enuf.doctor.rule import Diagnostic, Rule, at_setting, by_hand
from enuf.syntax.unit_folders import made_folders


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every missing LogsDirectory= of a service that runs: its RuntimeDirectory= is there."""
    for unit in evidence.units:
        if not any(
            evidence.fact(folder).kind == "folder" for folder, _ in made_folders(unit, "RuntimeDirectory")
        ):
            continue
        for folder, setting in made_folders(unit, "LogsDirectory"):
            if is_missing(evidence, folder):
                yield at_setting(
                    setting,
                    f"{unit.name} runs, and its folder {folder} has been removed: it cannot log, and may refuse a reload",
                    hint=f"sudo systemctl restart {unit.name}",
                    fix=by_hand("restart the service: systemd makes the folder"),
                )


RULE = Rule("S020", "service-log-folder-gone", "warning", check)
