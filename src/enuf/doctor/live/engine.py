"""The engine of the live diagnosis: it finds links and causes by their folders and runs them on the evidence."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Iterator
from functools import cache
from types import ModuleType
from typing import TypeVar

import msgspec

from enuf.doctor.budget import Budget
from enuf.doctor.evidence import Evidence
from enuf.doctor.live import causes as causes_package
from enuf.doctor.live import links as links_package
from enuf.doctor.live.case import LiveCase
from enuf.doctor.live.cause import Cause, LinkState, LiveLink, LiveProof
from enuf.doctor.live.evidence import FILES, Hindrance, LiveEvidence
from enuf.doctor.live.explained import ASKED_BESIDE, CLOSED_EARLY, NGINX_STOPPED, NO_APP, NOT_STARTED
from enuf.doctor.live.file_findings import file_findings
from enuf.doctor.live.next_steps import next_steps
from enuf.doctor.live.saved_files import static_evidence
from enuf.doctor.masking import masked_findings
from enuf.model.finding import SEVERITIES, Finding

CONSEQUENCES = frozenset(("L001", "L005", "R001", "R009", "R010"))
"""That no process listens: said only where no cause before explains it."""
WAY_TO_SOCKET = range(300, 400)
"""Orders of the causes that are about one backend: where another member of the upstream answers, every visitor is served."""
_ABSENT_INCLUDE = "N002"
Declared = TypeVar("Declared", Cause, LiveLink)


class ChainLink(msgspec.Struct, frozen=True, kw_only=True):
    """A link of the chain as the report shows it."""

    title: str
    state: LinkState
    text: str
    evidence: tuple[str, ...] = ()


class Diagnosis(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with a running stack, or that nothing is proven."""

    url: str
    status: int = 0
    failure: str = ""
    is_failing: bool = False
    """True if the visitor gets no answer, or one of 500 and above."""
    chain: tuple[ChainLink, ...] = ()
    findings: tuple[Finding, ...] = ()
    """The proven causes; the first is the verdict."""
    hindrances: tuple[Hindrance, ...] = ()
    next_steps: tuple[str, ...] = ()
    """Commands to type where no cause is proven."""
    in_files: tuple[Finding, ...] = ()
    """What the rules find in the files of the stack, as far as they were run."""
    took_s: float = 0.0

    @property
    def is_complete(self) -> bool:
        """False if the time did not suffice for everything."""
        return not any(each.is_late for each in self.hindrances)

    @property
    def verdict(self) -> Finding | None:
        """The cause that comes first in the order of triage, None if none is proven."""
        return self.findings[0] if self.findings else None

    @property
    def ruled_out(self) -> tuple[str, ...]:
        """What is certainly in order."""
        return tuple(each.text for each in self.chain if each.state == "ok")


@cache
def all_causes() -> tuple[Cause, ...]:
    """Return every cause in the order of triage. A module below causes/ has CAUSE, or CAUSES for several."""
    return tuple(sorted(_declared(causes_package, "CAUSE", Cause), key=lambda each: (each.order, each.code)))


@cache
def all_links() -> tuple[LiveLink, ...]:
    """Return every link of the chain, from the visitor to the app. A module below links/ has LINK."""
    return tuple(sorted(_declared(links_package, "LINK", LiveLink), key=lambda each: each.order))


@cache
def asked_codes() -> frozenset[str]:
    """Return the codes of the findings in files that causes ask for."""
    lists = (NGINX_STOPPED, NOT_STARTED, NO_APP, CLOSED_EARLY, ASKED_BESIDE)
    return frozenset((*(each.code for each in all_causes()), *(code for codes in lists for code in codes)))


def _declared(package: ModuleType, name: str, _kind: type[Declared]) -> Iterator[Declared]:
    for found in pkgutil.iter_modules(package.__path__):
        module = importlib.import_module(f"{package.__name__}.{found.name}")
        yield from getattr(module, f"{name}S", ())
        if hasattr(module, name):
            yield getattr(module, name)


def diagnosis_of(
    evidence: LiveEvidence,
    static: Evidence | None = None,
    budget: Budget | None = None,
    *,
    with_all_rules: bool = False,
) -> Diagnosis:
    """Return the diagnosis of a running stack.

    `static` is the evidence in the files that the stack names; without it, that in the saved files is taken.
    `with_all_rules`: `in_files` is wanted in full, not only what causes ask for. When the budget is used up, the rules that are left are named among what was not looked at.
    """
    files = static_evidence(evidence) if static is None else static
    found, missed = file_findings(files, budget, None if with_all_rules else asked_codes())
    hindrances = (*evidence.hindrances, *missed)
    found = tuple(each for each in found if each.code != _ABSENT_INCLUDE or _is_absent(each, evidence))
    case = LiveCase(evidence, files, found)
    return Diagnosis(
        url=case.url,
        status=case.reply.status,
        failure=case.reply.failure,
        is_failing=case.fails,
        chain=tuple(_chain(case)),
        findings=masked_findings(files, _worst_first(_once(_proven(case)))),
        hindrances=hindrances,
        next_steps=next_steps(case),
        in_files=found,
        took_s=round(budget.took_s, 3) if budget else evidence.took_s,
    )


def _is_absent(finding: Finding, evidence: LiveEvidence) -> bool:
    """Return True if an include certainly leads to no file: it was neither unsaved nor unread for lack of time."""
    is_late = any(each.what == FILES for each in evidence.hindrances)
    return not is_late and f"{finding.file}:{finding.line}" in evidence.absent_includes


def _chain(case: LiveCase) -> Iterator[ChainLink]:
    for link in all_links():
        found = link.describe(case)
        if found is not None:
            yield ChainLink(title=link.title, state=found.state, text=found.text, evidence=found.evidence)


def _proven(case: LiveCase) -> Iterator[Finding]:
    for cause in all_causes():
        for proof in cause.prove(case):
            yield _as_finding(case, cause, proof)


def _once(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Yield the first finding of each code, without what merely follows from the verdict."""
    seen: set[str] = set()
    for finding in findings:
        if finding.code not in seen and not (seen and finding.code in CONSEQUENCES):
            seen.add(finding.code)
            yield finding


def _worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """Return what fails now before what failed earlier, each in the order of triage."""
    return sorted(findings, key=lambda each: SEVERITIES.index(each.severity))


def _as_finding(case: LiveCase, cause: Cause, proof: LiveProof) -> Finding:
    severity = proof.severity or cause.severity
    if severity == "error" and cause.order in WAY_TO_SOCKET and case.is_served_by_peer:
        severity = "warning"
    if proof.finding is not None:
        return msgspec.structs.replace(
            proof.finding,
            severity=severity,
            file=case.evidence.named(proof.finding.file),
            evidence=(*proof.evidence, *proof.finding.evidence),
        )
    file, line = (proof.file, proof.line) if proof.file else case.place
    return Finding(
        code=cause.code,
        name=cause.name,
        severity=severity,
        message=proof.message,
        file=case.evidence.named(file),
        line=line,
        hint=proof.hint,
        fix=proof.fix,
        evidence=proof.evidence,
    )
