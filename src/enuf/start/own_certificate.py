"""The certificate that the settings of a project name, for the doctor."""

from __future__ import annotations

import os
import time
from pathlib import Path

from enuf.errors import SettingsInvalid
from enuf.model.certificate import WARN_DAYS, validity_left
from enuf.model.finding import Finding, Severity
from enuf.settings.load import Loaded
from enuf.start.certificate import pair_files
from enuf.start.privileges import with_rights_of_keeper

CODE, NAME = "N024", "certificate-refused"


def certificate_findings(project: Path, loaded: Loaded) -> tuple[Finding, ...]:
    """Return what is wrong with the certificate in `tls.certificate`: the finding that nginx sites get too.

    A key that this user may not read is no fault: a start as root reads it.
    """
    from enuf.tls.source import PairSource

    settings = loaded.settings
    if settings.tls.mode != "files":
        return ()
    certificate, key = pair_files(project, settings)
    source = PairSource(certificate=certificate, key=key, hosts=settings.certificate_hosts)
    with with_rights_of_keeper(project):
        if any(os.path.exists(path) and not os.access(path, os.R_OK) for path in (certificate, key)):  # noqa: PTH110
            return ()
        try:
            facts = source.checked().facts
        except SettingsInvalid as error:
            return (_finding(project, loaded, "error", error.summary, error.hint),)
    now = time.time()
    if facts.days_left(now) >= WARN_DAYS:
        return ()
    left = validity_left(facts.not_after, now)
    text = f"tls.certificate: {certificate} ends in {left} ({facts.not_after[:10]})"
    hint = "renew it: a running stack takes the new files by itself"
    return (_finding(project, loaded, "warning", text, hint),)


def _finding(project: Path, loaded: Loaded, severity: Severity, message: str, hint: str) -> Finding:
    origin = loaded.origins["tls.certificate"]
    name, _, line = origin.where.rpartition(":")
    is_file = origin.kind == "file" and line.isdecimal()
    return Finding(
        code=CODE,
        name=NAME,
        severity=severity,
        message=message,
        file=os.path.normpath(project / name) if is_file else str(project / "enuf.toml"),
        line=int(line) if is_file else 1,
        hint=hint,
    )
