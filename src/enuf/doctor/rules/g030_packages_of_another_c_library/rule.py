"""Compiled packages of Debian copied into Alpine: their shared objects need another C library."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, SourceFile
from enuf.doctor.facts.compiled_packages import COMPILED_PACKAGES
from enuf.doctor.read.dockerfiles import instructions
from enuf.doctor.rule import Diagnostic, Rule, at_line

_PACKAGES = re.compile(
    r"site-packages|(?:^|/)\.?venv\b|/env\b|/\.local\b|^/install$|^/usr/local(?:/lib)?/?$|virtualenv",
    re.IGNORECASE,
)
_OF_DEBIAN = re.compile(r"(?:.*/)?(?:python|debian|ubuntu|buildpack-deps)(?::(?!.*alpine).*)?")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every folder of packages that goes from a stage of Debian into a stage of Alpine, if one of them is compiled."""
    compiled = sorted(COMPILED_PACKAGES & evidence.packages)
    for file in evidence.of_kind("dockerfile") if compiled else ():
        yield from _of_file(file, compiled[0])


def _of_file(file: SourceFile, package: str) -> Iterator[Diagnostic]:
    images: dict[str, str] = {}
    current = ""
    for number, name, rest in instructions(file.text):
        words = [word for word in rest.split() if not word.startswith("--platform")]
        if name == "FROM" and words:
            current = images.get(words[0].lower(), words[0].lower())
            images[str(len(set(images)))] = current
            if len(words) > 2:
                images[words[2].lower()] = current
        elif name == "COPY" and words and words[0].startswith("--from=") and "alpine" in current:
            origin = images.get(words[0][7:].lower(), words[0][7:].lower())
            sources = [word for word in words[1:-1] if not word.startswith("--") and _PACKAGES.search(word)]
            if sources and _OF_DEBIAN.fullmatch(origin):
                yield at_line(
                    file.path,
                    number,
                    f"{sources[0]} was filled on Debian (glibc), and this stage is Alpine (musl): {package} is compiled, and its import fails",
                    hint=f"the same base for both stages: {origin} or {current}",
                )


RULE = Rule("G030", "packages-of-another-c-library", "warning", check)
