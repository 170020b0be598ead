"""One application tried: installed, served three times, compared; the outcome as a value."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec

from scripts.apps.catalog import Application
from scripts.apps.compare import Comparison, Difference, compare
from scripts.apps.install import InstallFailed, NoSource, install, version_of
from scripts.apps.places import Place, free_port
from scripts.apps.reasons import explained
from scripts.apps.serve import NotServed, enuf, gunicorn
from scripts.apps.visitor import Answer, Visitor
from scripts.apps.visits import visits


class Said(msgspec.Struct, frozen=True):
    """An exit status of `enuf up`, and the message."""

    code: int | None
    text: str

    @property
    def error(self) -> str:
        """The line that says what happened."""
        lines = [line for line in self.text.splitlines() if line.startswith("error: ")]
        return lines[0] if lines else self.text


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one application."""

    name: str
    application: Application
    version: str = ""
    comparison: Comparison | None = None
    reasons: dict[str, int] = {}
    """How many differences each named reason explains."""
    unexplained: list[Difference] = []
    warnings: list[str] = []
    refusal: Said | None = None
    """How enuf refused, where it refused as the list expects."""
    not_tried: str = ""
    failure: str = ""
    """Why there is no result: a fault of the installation, of gunicorn, or of enuf."""

    @property
    def headline(self) -> str:
        """The outcome in a line."""
        if not self.comparison:
            return self.failure or self.not_tried or (self.refusal.text if self.refusal else "")
        found = self.comparison
        return f"{found.requests} requests, {len(found.differences)} differences, {len(self.unexplained)} unexplained"

    @property
    def is_good(self) -> bool:
        """True unless something failed or differs without a reason. An application not tried is not good, nor bad."""
        return not self.failure and not self.unexplained


def trial(name: str, application: Application, place: Place, *, python: str, sources: Path | None) -> Outcome:
    """Try one application and return what came of it."""
    try:
        install(application, place, python=python, sources=sources)
        version = version_of(application, place)
    except NoSource as failure:
        return Outcome(name=name, application=application, not_tried=f"no source: {failure}")
    except InstallFailed as failure:
        return Outcome(name=name, application=application, failure=f"not installed: {failure}")
    try:
        if application.refused:
            return _refusal(name, application, version, place)
        return _compared(name, application, version, place)
    finally:
        shutil.rmtree(place.project, ignore_errors=True)


def _compared(name: str, application: Application, version: str, place: Place) -> Outcome:
    port, asks, warnings = free_port(), visits(application), []
    answers: list[list[Answer]] = []
    # gunicorn, enuf, gunicorn: what is equal before and after is equal in between, too
    for serve in (gunicorn, enuf, gunicorn):
        place.fresh_project()
        try:
            with serve(application, place, port) as started:
                answers.append(Visitor(port).ask_all(asks))
                warnings += started.warnings if started else []
        except NotServed as failure:
            text = f"{serve.__name__}: {failure}"
            return Outcome(name=name, application=application, version=version, failure=text)
    before, ours, after = answers
    found = compare(asks, ours, before, after)
    reasons: dict[str, int] = {}
    unexplained = []
    for difference in found.differences:
        if reason := explained(difference):
            reasons[reason] = reasons.get(reason, 0) + 1
        else:
            unexplained.append(difference)
    return Outcome(
        name=name, application=application, version=version, comparison=found, reasons=reasons,
        unexplained=unexplained, warnings=warnings,
    )  # fmt: skip


def _refusal(name: str, application: Application, version: str, place: Place) -> Outcome:
    """Return what enuf said, as a failure if it is not what the list expects."""
    expected = application.refused
    assert expected is not None
    place.fresh_project()
    try:
        with enuf(application, place, free_port()):
            said = "exit 0: it serves"
            return Outcome(name=name, application=application, version=version, failure=said)
    except NotServed as refusal:
        as_expected = refusal.code == expected.exit and expected.says in refusal.text
        return Outcome(
            name=name, application=application, version=version,
            refusal=Said(refusal.code, refusal.text) if as_expected else None,
            failure="" if as_expected else str(refusal),
        )  # fmt: skip
