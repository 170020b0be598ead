"""What fixes must not do: leave their finding, bring a new one, lose a line, or make nginx refuse a site."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

import msgspec

from enuf.doctor.edits import written_lines
from enuf.doctor.evidence import Evidence
from enuf.model.finding import SEVERITIES, Finding, Severity
from enuf.syntax.nginx_tree import NginxConfig


class Applied(msgspec.Struct, frozen=True, kw_only=True):
    """A fix that was made: code and severity of its finding, the file of it, and the files that were written to."""

    code: str
    severity: Severity
    file: str
    files: tuple[str, ...]


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """What nginx says about a site that it refuses, and the line that it says it about."""

    message: str
    file: str = ""
    line: int = 0


Trial = Callable[[NginxConfig], Refusal | None]
"""Return what nginx says about a site that it refuses, None for a site that it takes or cannot judge."""


class Examination(msgspec.Struct, frozen=True):
    """What was read, and what the rules found in it."""

    evidence: Evidence
    findings: Sequence[Finding]


class Harm(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is worse after the fixes, and the files that it is about."""

    files: tuple[str, ...]
    why: str


def harms(
    before: Examination,
    after: Examination,
    applied: Sequence[Applied],
    trial: Trial = lambda _site: None,
) -> Iterator[Harm]:
    """Yield what is worse after the fixes than before them."""
    if not applied:
        return
    yield from _worse_findings(before, after, applied)
    yield from _lost_statements(before.evidence, after.evidence)
    yield from _refused_sites(before.evidence, after.evidence, trial)


def _worse_findings(before: Examination, after: Examination, applied: Sequence[Applied]) -> Iterator[Harm]:
    found_before, found_after = before.findings, after.findings
    counts, severe = _counted(before.evidence, found_before), _counted(before.evidence, _severe(found_before))
    cured = Counter((each.code, each.file) for each in applied)
    files = {(each.code, each.file): each.files for each in applied}
    # What was broken altogether may have had other mistakes all along: they are not the fix's.
    was_broken = any(each.severity == "error" for each in applied)
    now_severe = _counted(after.evidence, _severe(found_after))
    for key, count in _counted(after.evidence, found_after).items():
        code, path = key
        if cured[key] and count > max(counts[key] - cured[key], 0):
            yield Harm(files=files[key], why=f"{code} would still be found after its fix")
        elif now_severe[key] > severe[key]:
            worst = next(
                each
                for each in in_order_of_severity(found_after)
                if each.code == code and _path(after.evidence, each) == path
            )
            if worst.severity == "error" or not was_broken:
                yield Harm(files=(path,), why=f"{code} would be found after the fixes: {worst.message}")


def in_order_of_severity(findings: Sequence[Finding]) -> list[Finding]:
    """Return the findings, the worst first."""
    return sorted(findings, key=lambda each: SEVERITIES.index(each.severity))


def _severe(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    return tuple(each for each in findings if each.severity != "advice")


def _counted(evidence: Evidence, findings: Sequence[Finding]) -> Counter[tuple[str, str]]:
    """Count the findings by code and file."""
    return Counter((each.code, _path(evidence, each)) for each in findings)


def _path(evidence: Evidence, finding: Finding) -> str:
    return evidence.first_name(finding.file)


def _lost_statements(before: Evidence, after: Evidence) -> Iterator[Harm]:
    """Yield the files in which a line that no fix wrote is not read as before, or is refused now."""
    problems = {(each.kind, each.text, each.file) for site in before.sites for each in site.problems}
    for site in after.sites:
        for problem in site.problems:
            if (problem.kind, problem.text, problem.file) not in problems:
                yield Harm(files=(problem.file, *site.files), why=f"nginx would refuse it: {problem.text}")
    kept, here = _options(before, after), _options(after, before)
    for key, count in kept.items():
        if here[key] < count:
            file, name, value = key
            yield Harm(files=(file,), why=f"`{name} = {value}` would be lost")


def _options(evidence: Evidence, other: Evidence) -> Counter[tuple[str, str, str]]:
    """Count the options of uWSGI on lines that the other texts have, too."""
    own: dict[str, frozenset[int]] = {}
    counts: Counter[tuple[str, str, str]] = Counter()
    for server in evidence.servers:
        for option in server.config.options:
            path = option.written.file
            if path not in own:
                own[path] = _lines_of_one(evidence, other, path)
            if option.written.line not in own[path]:
                counts[path, option.key, option.value] += 1
    return counts


def _lines_of_one(evidence: Evidence, other: Evidence, path: str) -> frozenset[int]:
    here, there = evidence.file(path), other.file(path)
    return written_lines(there.text, here.text) if here and there else frozenset()


def _refused_sites(before: Evidence, after: Evidence, trial: Trial) -> Iterator[Harm]:
    """Yield the sites that nginx takes before and refuses after, or refuses for a line that was written."""
    old = {site.file: site for site in before.sites}
    for site in after.sites:
        changed = tuple(path for path in site.files if _is_changed(before, after, path))
        if not changed or site.file not in old:
            continue
        refusal = trial(site)
        if refusal is None:
            continue
        earlier = trial(old[site.file])
        if earlier is None or _is_about_a_written_line(before, after, refusal, earlier):
            yield Harm(files=changed, why=f"nginx would refuse it: {refusal.message}")


def _is_changed(before: Evidence, after: Evidence, path: str) -> bool:
    old, new = before.file(path), after.file(path)
    return bool(old and new and old.text != new.text)


def _is_about_a_written_line(before: Evidence, after: Evidence, refusal: Refusal, earlier: Refusal) -> bool:
    if refusal.message == earlier.message:
        return False
    return refusal.line in _lines_of_one(after, before, refusal.file)
