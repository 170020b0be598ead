"""A COPY of a file that the folder of the build does not have, or that `.dockerignore` keeps out of the build."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from enuf.doctor.container import CopyStep
from enuf.doctor.evidence import Evidence, SourceFile
from enuf.doctor.facts.dockerignore import is_kept_out
from enuf.doctor.facts.project_files import is_absent, is_nowhere, is_whole_project, near_name
from enuf.doctor.facts.whole_dockerfiles import whole_dockerfiles
from enuf.doctor.read.images import read_steps
from enuf.doctor.rule import Diagnostic, Rule, at_line

_UNKNOWN = re.compile(r"[*?\[$@<{\\#]|://|\.\.")
"""Wildcards, variables, addresses, marks of templates and paths outside of the folder."""

_EXAMPLE = re.compile(r"example|sample|skeleton|template|boilerplate", re.IGNORECASE)


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every COPY and ADD with a source that no possible folder of the build has, or that .dockerignore keeps out."""
    is_whole = is_whole_project(evidence)
    for file in whole_dockerfiles(evidence):
        if _is_example(evidence, file):
            continue
        contexts = _contexts(evidence, file)
        for copy in _copies(file) if contexts else ():
            missing = [source for source in _sources(copy) if _is_missing(evidence, contexts, source)]
            if missing:
                yield from _absent(evidence, file, copy.line, contexts[0], missing, is_whole=is_whole)
            elif len(contexts) == 1:
                yield from _kept_out(evidence, file, copy, contexts[0])


def _is_example(evidence: Evidence, file: SourceFile) -> bool:
    """Return True for a Dockerfile in a folder of examples, beside which a person puts the rest."""
    inside = next((file.path[len(root) :] for root in evidence.roots if file.path.startswith(root)), "")
    return _EXAMPLE.search(posixpath.dirname(inside)) is not None


def _is_missing(evidence: Evidence, contexts: list[str], source: str) -> bool:
    return all(is_nowhere(evidence, _path(context, source)) for context in contexts)


def _path(context: str, source: str) -> str:
    return posixpath.normpath(posixpath.join(context, source))


def _absent(
    evidence: Evidence, file: SourceFile, line: int, context: str, missing: list[str], *, is_whole: bool
) -> Iterator[Diagnostic]:
    near = near_name(evidence, _path(context, missing[0]))
    if near or is_whole:
        yield at_line(
            file.path,
            line,
            f"the folder of the build has no {', '.join(missing)}: the build ends with `not found`",
            severity="error" if near else "warning",
            hint=f"COPY {posixpath.relpath(near, context)}"
            if near
            else "correct the path, which begins at the folder of the build",
        )


def _kept_out(evidence: Evidence, file: SourceFile, copy: CopyStep, context: str) -> Iterator[Diagnostic]:
    for source in _sources(copy):
        line = is_kept_out(evidence, context, source, posixpath.basename(file.path))
        if line and not is_absent(evidence, _path(context, source)):
            yield at_line(
                file.path,
                copy.line,
                f"`{line}` in .dockerignore keeps {source} out of the build, which ends with `not found`",
                hint=f"!{source}   below the line in .dockerignore",
            )


def _contexts(evidence: Evidence, file: SourceFile) -> list[str]:
    """Return the folders that the image is built with: those of compose files, else the top of the project."""
    named = {each.context for each in evidence.services if each.build and each.build.file == file.path}
    folder, _, name = file.path.rpartition("/")
    return sorted(named) or ([folder] if folder in evidence.roots and name == "Dockerfile" else [])


def _copies(file: SourceFile) -> Iterator[CopyStep]:
    """Yield the copies of files of the project, not those from another stage."""
    for step in read_steps(file.path, file.text):
        if step.word in ("COPY", "ADD") and step.image.copies:
            copy = step.image.copies[-1]
            if copy.line == step.line and not copy.stage:
                yield copy


def _sources(copy: CopyStep) -> list[str]:
    """Return the sources whose names are known."""
    plain = (source.removeprefix("./").strip("/") for source in copy.sources)
    return [source for source in plain if source not in ("", ".") and not _UNKNOWN.search(source)]


RULE = Rule("C036", "copy-source-missing", "error", check)
