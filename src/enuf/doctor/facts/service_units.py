"""Units of services among the files, without the parts of units and the units of enuf's own."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.syntax.placeholders import is_filled_in_later
from enuf.syntax.unit import UnitFile, UnitSetting

_TEMPLATES = (".j2", ".erb", ".tmpl", ".tpl", ".in", ".template", ".dist", ".example", ".sample")
_SHORTEST = 3
_CHANGES_TEXT = re.compile(r"\bsed\b|\breplace|\benvsubst\b|\bperl -p|\bre\.sub\b|\bawk\b")
_FILLS_IN = re.compile(r"\benvsubst\b|\beval\b")


def services(evidence: Evidence) -> Iterator[UnitFile]:
    """Yield every service unit that starts something, whose text no template engine fills in."""
    for unit in evidence.units:
        name = unit.name
        if (".service" in name or unit.all("ExecStart")) and not name.endswith((".socket", *_TEMPLATES)):
            yield unit


def has_placeholder(setting: UnitSetting) -> bool:
    """Return True for a value with a placeholder that a deployment script replaces."""
    return "__" in setting.value or is_filled_in_later(setting.value)


def is_replaced_by_a_script(evidence: Evidence, setting: UnitSetting) -> bool:
    """Return True if a script of the project changes texts where it names the unit's variables or a value's first part."""
    first = setting.value.lstrip("-@:+!").partition(" ")[0].partition("/")[0]
    has_variable = first.startswith("$")
    word = posixpath.basename(setting.file) if has_variable else first
    if len(word) < _SHORTEST:
        return False
    changes = _FILLS_IN if has_variable else _CHANGES_TEXT
    scripts = evidence.of_kind("script", "python", "other")
    return any(word in file.text and changes.search(file.text) is not None for file in scripts)


def is_drop_in(unit: UnitFile) -> bool:
    """Return True for a file that changes another unit."""
    return ".service.d/" in unit.file
