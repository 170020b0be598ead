"""A list of requirements that pip takes for a package, or that the image does not have yet when pip reads the list."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence

from enuf.doctor.evidence import Evidence, SourceFile
from enuf.doctor.facts.whole_dockerfiles import whole_dockerfiles
from enuf.doctor.read.images import BuildStep, read_steps
from enuf.doctor.read.shell_commands import shell_commands
from enuf.doctor.rule import Diagnostic, Rule, at_line

_PIP = re.compile(r"(?:pip|pip3|pip[23]\.\d+)")
_LIST = re.compile(r"(?:[\w.-]+/)*[\w.-]*requirements?[\w.-]*\.(?:txt|in)")
_OF_PYTHON = re.compile(r"(?:docker\.io/)?(?:library/)?(?:python|alpine|debian|ubuntu|pypy)(?::.*)?(?:@.*)?")
_NAMES_A_FILE = ("-r", "--requirement", "-c", "--constraint")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every `pip install requirements.txt` of an image, and every `-r` before the COPY of the list."""
    for file in whole_dockerfiles(evidence):
        steps = list(read_steps(file.path, file.text))
        for position, step in enumerate(steps):
            if step.word == "RUN":
                yield from _of_run(file, step, steps[position + 1 :], _before(steps, position))


def _before(steps: Sequence[BuildStep], position: int) -> str:
    """Return the lines that may make a file before or in a step."""
    return "\n".join(each.rest for each in steps[: position + 1] if each.word in ("RUN", "ADD"))


def _of_run(
    file: SourceFile, step: BuildStep, later: Sequence[BuildStep], before: str
) -> Iterator[Diagnostic]:
    folder = step.image.directory
    for command in shell_commands(step.rest, folder):
        words = _after_install(command.words)
        for flag, word in zip(["", *words], words, strict=False):
            if _LIST.fullmatch(word) and not flag.startswith("-"):
                yield at_line(
                    file.path,
                    step.line,
                    f"pip takes {word} for the name of a package: the build ends with `No matching distribution found`",
                    hint=f"pip install -r {word}",
                )
            elif flag in _NAMES_A_FILE and (
                copied := _copied_later(step, command.directory, word, later, before)
            ):
                yield at_line(
                    file.path,
                    step.line,
                    f"the image has no {word} yet: COPY brings the file in line {copied.line}, and the build ends with "
                    "`Could not open requirements file`",
                    hint=f"COPY {word} .   above this RUN",
                )


def _after_install(words: Sequence[str]) -> list[str]:
    """Return the words after `pip install`, none for another command."""
    for position, word in enumerate(words[:-1]):
        if _PIP.fullmatch(posixpath.basename(word)) and words[position + 1] == "install":
            return [each.strip("\"'") for each in words[position + 2 :]]
    return []


def _copied_later(
    step: BuildStep, folder: str, word: str, later: Sequence[BuildStep], before: str
) -> BuildStep | None:
    """Return the COPY that brings a list after the step that reads it; None if the list may be there before."""
    path = posixpath.normpath(posixpath.join(folder, word))
    image = step.image
    if (
        "$" in path
        or "--mount" in step.rest
        or before.count(posixpath.basename(word)) > 1
        or re.search(r"\bgit clone\b|\bADD\b|\btar\b|\bunzip\b", before)
        or not _OF_PYTHON.fullmatch(image.base)
        or any(_may_hold(copy.target, path) for copy in image.copies)
    ):
        return None
    for each in later:
        if each.word == "FROM":
            return None
        if each.word == "COPY" and any(_may_hold(copy.target, path) for copy in each.image.copies[-1:]):
            return each
    return None


def _may_hold(target: str, path: str) -> bool:
    plain = posixpath.normpath(target)
    return path == plain or path.startswith(f"{plain.rstrip('/')}/")


RULE = Rule("C031", "pip-install-of-a-list", "error", check)
