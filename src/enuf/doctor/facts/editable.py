"""Which files a fix may write to: configurations themselves, never a file that only carries one."""

from __future__ import annotations

import re
from functools import lru_cache

from enuf.doctor.container import EMBEDDED_SIGN
from enuf.doctor.evidence import Evidence
from enuf.syntax.placeholders import holds_engine_marks

EDITABLE = frozenset(("nginx", "uwsgi-ini", "uwsgi-xml", "uwsgi-yaml", "uwsgi-json", "unit", "packages"))
"""Kinds of files whose lines are the configuration's own."""
_YAML_ENDS = (".yml", ".yaml")
_OTHER_LANGUAGES = (
    ".j2",
    ".jinja",
    ".jinja2",
    ".erb",
    ".mustache",
    ".gotmpl",
    ".tpl",
    ".ejs",
    ".sh",
    ".bash",
    ".py",
    ".rb",
    ".tf",
    ".md",
    ".rst",
    ".txt",
    ".patch",
    ".diff",
)
_CARRIED = re.compile(
    r"^(?:apiVersion|kind):[ \t]|^FROM[ \t]+\S+[ \t]*\r?$|<<-?[ \t]*[\"']?\w+", re.MULTILINE
)
"""A manifest, a Dockerfile, a here-document."""
_PART = "the configuration is only a part of this file"


def why_not_edited(evidence: Evidence, path: str) -> str:
    """Return why no fix may write to a file, or an empty text for a configuration that stands for itself."""
    if EMBEDDED_SIGN in path:
        return _PART
    file = evidence.file(path)
    if file is None:
        return "it is not among the files that were named"
    if file.kind not in EDITABLE:
        return "it is no configuration of nginx, uWSGI or systemd"
    return _why_carried(file.path.rpartition("/")[2].lower(), file.kind, file.text)


@lru_cache(64)
def _why_carried(name: str, kind: str, text: str) -> str:
    is_named_for_another = name.endswith(_OTHER_LANGUAGES) and kind != "packages"
    is_yaml = name.endswith(_YAML_ENDS) and kind != "uwsgi-yaml"
    if is_named_for_another or is_yaml or text.startswith("#!") or _CARRIED.search(text):
        return _PART
    return "a template engine still has to fill it in" if holds_engine_marks(text) else ""
