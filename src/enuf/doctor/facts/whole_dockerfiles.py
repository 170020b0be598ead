"""The Dockerfiles that a builder reads as they are."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, SourceFile
from enuf.doctor.facts.nginx import is_template

_FOR_OTHERS = re.compile(
    r".*\.(?:j2|jinja2?|template|templ|tmpl|tpl|erb|in|html|js|md|txt|bak|old|orig|example|sample)|.*:.*|.*[{}].*",
    re.IGNORECASE,
)
_BASE = re.compile(r"^[ \t]*FROM[ \t]", re.MULTILINE | re.IGNORECASE)


def whole_dockerfiles(evidence: Evidence) -> Iterator[SourceFile]:
    """Yield the Dockerfiles that are no templates, no examples and no parts of others."""
    for file in evidence.of_kind("dockerfile"):
        is_for_others = _FOR_OTHERS.fullmatch(posixpath.basename(file.path)) or "{{" in file.path
        if not is_for_others and not is_template(evidence, file.path) and _BASE.search(file.text):
            yield file
