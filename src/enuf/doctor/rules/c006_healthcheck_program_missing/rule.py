"""A health check by curl or wget in an image that has neither."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.container import ImageBuild
from enuf.doctor.evidence import Evidence
from enuf.doctor.read.images import read_image
from enuf.doctor.rule import Diagnostic, Rule, at_line

_PROGRAM = re.compile(r"(?:^|[\s\"'/\[;&|(])(curl|wget)(?=[\s\"',])")
_OUT_OF_SIGHT = re.compile(
    r"\bxargs\b|\.sh\b|\b(?:install|add)\b[^;&|]*\$|(?:^|[;&|]\s*)(?:\.|/(?:root|app|tmp|opt|srv|home|src|build|code))/[\w./-]"
)
"""Commands that may install packages whose names they do not show, scripts among them."""
_INSTALL = r"\b(?:install|add)\b[^;&|]*\b{}\b"


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every health check whose program the image certainly lacks."""
    for service in evidence.services:
        test = service.node.at("healthcheck", "test")
        base = service.build.base if service.build else service.image if not service.context else ""
        text = " ".join([test.text, *(each.text for each in test.items)]) if test else ""
        missing = _missing(text, base, service.build)
        if test and missing:
            needed = any(other.depends.get(service.name) == "service_healthy" for other in evidence.services)
            yield _at(service.file, test.line, missing, base, severity="error" if needed else None)
    for file in evidence.of_kind("dockerfile"):
        image = read_image(file.path, file.text)
        if image and image.healthcheck[1]:
            missing = _missing(image.healthcheck[1], image.base, image)
            if missing:
                yield _at(file.path, image.healthcheck[0], missing, image.base)


def _at(file: str, line: int, program: str, base: str, **rest: object) -> Diagnostic:
    return at_line(
        file,
        line,
        f"the image {base} has no {program}: the check fails every time, and the container is `unhealthy` for ever",
        hint="python -c \"import urllib.request as r; r.urlopen('http://127.0.0.1:8000/', timeout=3)\"",
        **rest,  # type: ignore[arg-type]
    )


def _missing(check_text: str, base: str, image: ImageBuild | None) -> str:
    """Return the program that the check needs and the image lacks, empty if it is there or not known."""
    found = _PROGRAM.search(f" {check_text} ")
    if found is None or found[1] not in _lacking(base.lower()):
        return ""
    done = " ".join(image.runs) if image else ""
    copied = image is not None and any(found[1] in source for step in image.copies for source in step.sources)
    if _OUT_OF_SIGHT.search(done):
        return ""
    return "" if copied or re.search(_INSTALL.format(found[1]), done) else found[1]


def _lacking(base: str) -> tuple[str, ...]:
    """Return which of the two programs an image of that name lacks."""
    name, _, tag = base.rpartition("/")[2].partition(":")
    if name == "python" and "slim" in tag:
        return "curl", "wget"
    if name in ("debian", "ubuntu"):
        return "curl", "wget"
    if name == "alpine" or (name == "python" and "alpine" in tag):
        return ("curl",)
    return ()


RULE = Rule("C006", "healthcheck-program-missing", "warning", check)
