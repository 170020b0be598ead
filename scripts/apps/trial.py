"""One application tried: installed, served three times, compared; the outcome as a value."""

from __future__ import annotations

import shutil
from collections import Counter
from functools import partial
from pathlib import Path

import msgspec
from scripts.apps.catalog import Application
from scripts.apps.compare import Comparison, Difference, compare
from scripts.apps.install import InstallFailed, NoSource, install, version_of
from scripts.apps.places import Place
from scripts.apps.reasons import explained
from scripts.apps.serve import OTHER_ORDER, NotServed, enuf, gunicorn
from scripts.apps.visitor import Answer, Visitor
from scripts.apps.visits import visits
from tests.support.ports import free_port

SAVED = "outcome.json"


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
    warnings: list[str] = []
    refusal: Said | None = None
    """How enuf refused, where it refused as the list expects."""
    not_tried: str = ""
    failure: str = ""
    """Why there is no result: a fault of the installation, of gunicorn, or of enuf."""

    @property
    def reasons(self) -> dict[str, int]:
        """The number of differences that each named reason explains."""
        names = map(explained, self.comparison.differences) if self.comparison else ()
        return {name: count for name, count in Counter(names).items() if name}

    @property
    def unexplained(self) -> list[Difference]:
        """The differences that no reason explains."""
        found = self.comparison.differences if self.comparison else []
        return [difference for difference in found if not explained(difference)]

    @property
    def headline(self) -> str:
        """The outcome in a line."""
        if not self.comparison or self.failure:
            return self.failure or self.not_tried or (self.refusal.text if self.refusal else "")
        found = self.comparison
        return f"{found.requests} requests, {len(found.differences)} differences, {len(self.unexplained)} unexplained"

    @property
    def is_good(self) -> bool:
        """True unless something failed or differs without a reason. An application not tried is not good, nor bad."""
        return not self.failure and not self.unexplained


def save(outcome: Outcome, folder: Path) -> None:
    """Keep an outcome, for a report of several runs."""
    (folder / SAVED).write_bytes(msgspec.json.encode(outcome))


def saved(folder: Path) -> Outcome | None:
    """Return the outcome that was kept, or None; its differences are explained anew."""
    path = folder / SAVED
    return msgspec.json.decode(path.read_bytes(), type=Outcome) if path.is_file() else None


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
    for serve in (gunicorn, enuf, partial(gunicorn, more=OTHER_ORDER)):
        place.fresh_project()
        try:
            with serve(application, place, port) as warned:
                answers.append(Visitor(port).ask_all(asks))
                warnings += warned
        except NotServed as failure:
            text = f"{'enuf' if serve is enuf else 'gunicorn'}: {failure}"
            return Outcome(name=name, application=application, version=version, failure=text)
    before, ours, after = answers
    missing = application.warning not in "\n".join(warnings)
    unwarned = f"enuf did not warn: {application.warning}" if missing else ""
    found = compare(asks, ours, before, after)
    return Outcome(
        name=name,
        application=application,
        version=version,
        comparison=found,
        warnings=warnings,
        failure=unwarned,
    )


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
