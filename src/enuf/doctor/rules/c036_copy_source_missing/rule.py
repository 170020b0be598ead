"""A COPY of a file that the folder of the build does not have, or that `.dockerignore` keeps out of the build."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from enuf.doctor.container import CopyStep
from enuf.doctor.evidence import Evidence, SourceFile
from enuf.doctor.facts.dockerignore import is_kept_out
from enuf.doctor.facts.project_files import is_absent, is_nowhere, is_whole_project, near_name
from enuf.doctor.facts.whole_dockerfiles import whole_dockerfiles
from enuf.doctor.read.images import read_steps
from enuf.doctor.rule import Diagnostic, Rule, at_line


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every source of COPY and ADD that no possible folder of the build has."""
    for file in whole_dockerfiles(evidence):
        contexts = _contexts(evidence, file)
        for copy, source in _copies(file) if contexts else ():
            yield from _of_source(evidence, file, (copy, source), contexts)


def _of_source(
    evidence: Evidence, file: SourceFile, copied: tuple[CopyStep, str], contexts: list[str]
) -> Iterator[Diagnostic]:
    copy, source = copied
    paths = [posixpath.normpath(posixpath.join(each, source)) for each in contexts]
    if all(is_nowhere(evidence, path) for path in paths):
        near = near_name(evidence, paths[0])
        if not near and not is_whole_project(evidence):
            return
        yield at_line(
            file.path,
            copy.line,
            f"the folder of the build has no {source}: the build ends with `not found`",
            severity="error" if near else "warning",
            hint=f"COPY {posixpath.relpath(near, contexts[0])}"
            if near
            else "correct the path, which begins at the folder of the build",
        )
    elif len(paths) == 1 and not is_absent(evidence, paths[0]):
        line = is_kept_out(evidence, contexts[0], source, posixpath.basename(file.path))
        if line:
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


def _copies(file: SourceFile) -> Iterator[tuple[CopyStep, str]]:
    """Yield each source of the project that an instruction copies, without the ones whose names are not known."""
    for step in read_steps(file.path, file.text):
        if step.word in ("COPY", "ADD") and step.image.copies:
            copy = step.image.copies[-1]
            for source in copy.sources if copy.line == step.line and not copy.stage else ():
                plain = source.removeprefix("./").strip("/")
                if plain and not any(
                    sign in source for sign in ("*", "?", "[", "$", "://", "@", "<", "{", "..", "\\", "#")
                ):
                    yield copy, plain


RULE = Rule("C036", "copy-source-missing", "error", check)
