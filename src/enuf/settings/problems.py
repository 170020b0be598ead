"""Problems of settings as sentences, and the one error that reports them all."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from enuf.errors import SettingsInvalid
from enuf.settings.fields import FieldInfo, dotted_keys, nearest_key, sections
from enuf.settings.shapes import spelled
from enuf.settings.values import shown


class Problem(msgspec.Struct, frozen=True):
    """One problem: a line that begins with its place, and a hint."""

    line: str
    hint: str = ""


def unknown_key(where: str, key: str) -> Problem:
    """Return the problem of an unknown key, with the setting that was probably meant."""
    written = _printable(key)
    section = key.partition(".")[0]
    near = nearest_key(key)
    if near is None:
        return Problem(f"{where}: unknown setting {written}", _what_there_is(section))
    place = "" if "." in near or "." not in key else ", which stands above the first [section]"
    return Problem(
        f"{where}: unknown setting {written}: did you mean {near}{place}?", _about(dotted_keys()[near])
    )


def unknown_variable(name: str) -> Problem:
    """Return the problem of an environment variable that names a section and no setting in it."""
    words = name.removeprefix("ENUF_").lower()
    section = next(section for section in sections() if words.startswith(f"{section}_"))
    near = nearest_key(f"{section}.{words.removeprefix(f'{section}_')}")
    line = f"{_printable(name)}: unknown setting"
    if near is None:
        return Problem(line, _what_there_is(section))
    return Problem(f"{line}: did you mean {dotted_keys()[near].env}?", _about(dotted_keys()[near]))


def not_a_section(where: str, name: str) -> Problem:
    """Return the problem of a value in the place of a section."""
    return Problem(f"{where}: {name} is a section: write its settings below [{name}]", _what_there_is(name))


def bad_value(where: str, field: FieldInfo, reason: str) -> Problem:
    """Return the problem of a value that the setting does not accept."""
    return Problem(f"{where}: {field.key}: {reason}", _about(field))


def refusal(problems: Sequence[Problem]) -> SettingsInvalid:
    """Return one error for all problems."""
    if len(problems) == 1:
        return SettingsInvalid(problems[0].line, problems[0].hint)
    return SettingsInvalid(
        f"{len(problems)} problems in the settings",
        "each line above starts with its place; `enuf plan` checks them again and starts nothing",
        detail="\n".join(problem.line for problem in problems),
    )


def _about(field: FieldInfo) -> str:
    return f"{field.key}: {field.description} Default: {spelled(field.default)}"


def _what_there_is(section: str) -> str:
    names = [field.name for field in dotted_keys().values() if field.section == section]
    if section in sections() and names:
        return f"the settings of [{section}] are {', '.join(names)}"
    top = [
        field.name for field in dotted_keys().values() if not field.section and field.name not in sections()
    ]
    return f"the sections are {', '.join(sections())}; above them stand {', '.join(top)}"


def _printable(name: str) -> str:
    return name if name.isprintable() and len(name) <= 60 else shown(name)
