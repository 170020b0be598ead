"""The baseline file of `enuf doctor`: written, read, and what is said about it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import msgspec

from enuf.cli.terminal.output import note
from enuf.doctor.baseline import SCHEMA, Baseline, baseline_of, compare
from enuf.doctor.evidence import Evidence
from enuf.errors import AnswerIsNo, EnufError
from enuf.model.finding import Finding
from enuf.system.files import read_regular, write_whole

DEFAULT = Path("doctor-baseline.json")
_LIMIT_BYTES = 8 * 2**20


def write_baseline(evidence: Evidence, findings: Sequence[Finding], path: Path | None) -> int:
    """Write all findings to the baseline file and return 0. Raise AnswerIsNo where the file cannot be written."""
    target = Path(os.path.realpath(path or DEFAULT))
    content = baseline_of(evidence, findings, str(target.parent))
    text = msgspec.json.format(msgspec.json.encode(content), indent=1).decode() + "\n"
    try:
        write_whole(target, text)
    except OSError as error:
        raise AnswerIsNo(
            f"{path or DEFAULT} could not be written: {error.strerror or error}",
            "name another file: --baseline FILE",
        ) from None
    note(f"known from now on: {_counted(len(findings))}, with enuf doctor --baseline {path or DEFAULT}")
    return 0


def without_known(
    evidence: Evidence, findings: tuple[Finding, ...], path: Path | None
) -> tuple[Finding, ...]:
    """Return the findings that the baseline does not know. Without a baseline, that is all of them.

    Raise EnufError where the file cannot be read.
    """
    if path is None:
        return findings
    target = Path(os.path.realpath(path))
    compared = compare(evidence, findings, _read(path, target), str(target.parent))
    if compared.known:
        note(f"known from {path} and not shown: {_counted(compared.known)}")
    if compared.gone:
        note(f"gone since {path} was written: {_counted(compared.gone)}; --write-baseline takes them out")
    return compared.new


def _counted(count: int) -> str:
    return "1 finding" if count == 1 else f"{count} findings"


def _read(path: Path, target: Path) -> Baseline:
    try:
        baseline = msgspec.json.decode(read_regular(target, _LIMIT_BYTES), type=Baseline)
    except OSError as error:
        raise _unusable(path, error.strerror or str(error)) from None
    except msgspec.MsgspecError:
        raise _unusable(path, "it is no baseline of enuf doctor") from None
    if baseline.schema != SCHEMA:
        raise _unusable(path, f"it has schema {baseline.schema}, this enuf reads {SCHEMA}")
    return baseline


def _unusable(path: Path, why: str) -> EnufError:
    return AnswerIsNo(
        f"{path} cannot be used: {why}", f"write it: enuf doctor --baseline {path} --write-baseline"
    )
