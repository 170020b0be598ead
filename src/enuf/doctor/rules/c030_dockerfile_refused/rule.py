"""A line of a Dockerfile that the builder refuses: no image is built."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.whole_dockerfiles import whole_dockerfiles
from enuf.doctor.read.dockerfiles import (
    INSTRUCTIONS,
    WrittenLine,
    copy_words,
    directives_of,
    logical_lines,
)
from enuf.doctor.rule import Diagnostic, Rule, at_line

_CLOSE = 0.7
_BEFORE_A_STAGE = ("FROM", "ARG")
_OF_DOCKER = re.compile(r"(?:docker\.io/)?docker/dockerfile\S*|docker/dockerfile-upstream\S*")
_PORT = re.compile(r"\d{1,5}(?:-\d{1,5})?(?:/\w+)?|(?:\S+:)?\d{1,5}:\d{1,5}(?:/\w+)?")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report the first line of each Dockerfile that the builder cannot read."""
    for file in whole_dockerfiles(evidence):
        if not _OF_DOCKER.fullmatch(directives_of(file.text).get("syntax", "docker/dockerfile")):
            continue  # a builder of its own may know more instructions
        has_stage = False
        for written in logical_lines(file.text):
            has_stage = has_stage or written.word == "FROM"
            found = _refused(written, has_stage=has_stage)
            if found:
                message, hint = found
                yield at_line(file.path, written.line, f"{message}: the image is not built", hint=hint)
                break


def _refused(written: WrittenLine, *, has_stage: bool) -> tuple[str, str] | None:
    """Return what is wrong with a line and what to write, None for a line that is taken."""
    word = written.word
    if word not in INSTRUCTIONS:
        near = difflib.get_close_matches(word, INSTRUCTIONS, 1, _CLOSE)
        return f"unknown instruction: {word[:40]}", near[
            0
        ] if near else "one of Docker's instructions begins a line"
    if not has_stage and word not in _BEFORE_A_STAGE:
        return f"{word} stands before the first FROM (no build stage in current context)", "begin with FROM"
    if not written.rest:
        return f"{word} requires an argument", f"what {word} is about, or no line"
    match word:
        case "FROM":
            return _from(written.rest)
        case "COPY" | "ADD":
            return _copy(word, written.rest)
        case "EXPOSE":
            return _expose(written.rest)
    return None


def _from(rest: str) -> tuple[str, str] | None:
    words = [each for each in rest.split() if not each.startswith("--")]
    if len(words) == 1 or (len(words) == 3 and words[1].upper() == "AS"):
        return None
    return (
        "FROM requires either one or three arguments",
        f"FROM {words[0] if words else 'IMAGE'}, or FROM IMAGE AS NAME",
    )


def _copy(word: str, rest: str) -> tuple[str, str] | None:
    _, words = copy_words(rest)
    if any("<<" in each for each in words):
        return None
    if len(words) < 2:
        return f"{word} requires at least two arguments", f"{word} {words[0] if words else 'SOURCE'} ."
    target = words[-1]
    if len(words) > 2 and not target.endswith(("/", ".")) and "$" not in target:
        return (
            f"{word} of several files needs a folder that ends with /",
            f"{word} {' '.join(words[:-1])} {target}/",
        )
    return None


def _expose(rest: str) -> tuple[str, str] | None:
    wrong = next((each for each in rest.split() if "$" not in each and not _PORT.fullmatch(each)), "")
    return (f"EXPOSE takes no {wrong} (invalid containerPort)", "EXPOSE 80 443") if wrong else None


RULE = Rule("C030", "dockerfile-refused", "error", check)
