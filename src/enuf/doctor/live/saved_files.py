"""The files of a saved evidence, for rules: on another machine nothing else is opened. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from enuf.doctor.evidence import Evidence
from enuf.doctor.live.evidence import LiveEvidence
from enuf.doctor.path_fact import PathFact
from enuf.doctor.read.assemble import FileSystem, assemble_evidence


def static_evidence(evidence: LiveEvidence) -> Evidence:
    """Return the evidence in the saved files, as the rules for files need it."""
    texts = {file.path: file.text for file in evidence.files}

    def known(paths: Iterable[str]) -> Mapping[str, PathFact]:
        return {path: evidence.facts[path] for path in paths if path in evidence.facts}

    def globbed(pattern: str) -> list[str]:
        import fnmatch

        depth = pattern.count("/")
        return sorted(
            path for path in texts if path.count("/") == depth and fnmatch.fnmatchcase(path, pattern)
        )

    def exists(path: str, kind: str) -> bool | None:
        fact = evidence.facts.get(path)
        if fact is None or fact.kind in ("absent", "unknown"):
            return None
        return {"file": fact.kind == "file", "dir": fact.kind == "folder"}.get(kind, True)

    machine = FileSystem(
        read=texts.get, glob=globbed, facts=known, exists=exists, somaxconn=evidence.host.somaxconn
    )
    return assemble_evidence(evidence.files, evidence.roots, machine)
