"""Files of `EnvironmentFile=`: read, changed and written by the rules of systemd (systemd.exec(5)). Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import msgspec

LONGEST_VALUE = 65_536
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,199}")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""What systemd lets no value hold: control characters, but for the tab and the line feed."""
_ESCAPED = '"\\`$'
"""Characters that a backslash protects inside of double quotes."""
_BLANK, _LINE_ENDS, _COMMENTS = " \t\n\r", "\n\r", "#;"


class Assignment(msgspec.Struct, frozen=True):
    """One `NAME=value`, and the part of the text that it takes, with the end of its last line."""

    name: str
    value: str
    start: int
    end: int


def name_problem(name: str) -> str:
    """Return why a text cannot be the name of a variable; empty for a good name."""
    return "" if _NAME.fullmatch(name) else "a name has letters, digits and _, and begins with no digit"


def value_problem(value: str) -> str:
    """Return why systemd would leave out a variable of this value; empty for a good value. The value is not in the text."""
    if len(value) > LONGEST_VALUE:
        return f"it is longer than {LONGEST_VALUE} characters"
    if _CONTROL.search(value):
        return "it holds a control character, which systemd does not take"
    try:
        value.encode()
    except UnicodeEncodeError:
        return "it is not UTF-8, which systemd does not take"
    return ""


def values_in(text: str) -> dict[str, str]:
    """Return the variables that systemd reads in a file of `EnvironmentFile=`; the last value of a name wins."""
    return {
        each.name: each.value
        for each in env_assignments(text)
        if not name_problem(each.name) and not value_problem(each.value)
    }


def with_values(text: str, values: Mapping[str, str]) -> str:
    """Return the text with these variables: a known one in its old place, a new one at the end."""
    for name, value in values.items():
        known = [each for each in env_assignments(text) if each.name == name]
        line = f"{name}={quoted(value)}\n"
        if known:
            text = text[: known[-1].start] + line + text[known[-1].end :]
        else:
            text = (text if not text or text.endswith("\n") else f"{text}\n") + line
    return text


def without_names(text: str, names: frozenset[str]) -> str:
    """Return the text without the assignments of these names."""
    for each in reversed(list(env_assignments(text))):
        if each.name in names:
            text = text[: each.start] + text[each.end :]
    return text


def quoted(value: str) -> str:
    """Return a value as systemd reads it back: in double quotes, where also a line feed stands for itself."""
    return '"' + "".join(f"\\{char}" if char in _ESCAPED else char for char in value) + '"'


def env_assignments(text: str) -> Iterator[Assignment]:
    """Yield the assignments in their order."""
    at = 0
    while at < len(text):
        start = _skip(text, at, _BLANK)
        if start >= len(text):
            return
        if text[start] in _COMMENTS:
            at = _end_of_comment(text, start)
            continue
        sign = _find(text, start, "=" + _LINE_ENDS)
        if sign >= len(text) or text[sign] != "=":
            at = sign + 1  # a line without a sign says nothing
            continue
        value, at = _read_value(text, sign + 1)
        yield Assignment(text[start:sign].rstrip(_BLANK), value, start, at)


def _skip(text: str, at: int, chars: str) -> int:
    while at < len(text) and text[at] in chars:
        at += 1
    return at


def _find(text: str, at: int, chars: str) -> int:
    while at < len(text) and text[at] not in chars:
        at += 1
    return at


def _end_of_comment(text: str, at: int) -> int:
    """Return the place after a comment. A backslash at the end of the line goes on with the comment in the next one."""
    while at < len(text) and text[at] not in _LINE_ENDS:
        at += 2 if text[at] == "\\" else 1
    return at + 1


def _read_value(text: str, at: int) -> tuple[str, int]:
    """Return the value that begins after the sign, and the place after its line."""
    parts: list[str] = []
    while (at := _skip(text, at, " \t")) < len(text) and text[at] not in _LINE_ENDS:
        if text[at] == "'":
            end = _find(text, at + 1, "'")
            parts.append(text[at + 1 : end])
            at = end + 1
        elif text[at] == '"':
            part, at = _double_quoted(text, at + 1)
            parts.append(part)
        else:
            part, at = _plain(text, at)
            parts.append(part)
    return "".join(parts), min(at + 1, len(text))


def _double_quoted(text: str, at: int) -> tuple[str, int]:
    found = []
    while at < len(text) and text[at] != '"':
        if text[at] == "\\" and at + 1 < len(text):
            at += 1
            if text[at] not in _ESCAPED + "\n":
                found.append("\\")
            found.append("" if text[at] == "\n" else text[at])
        elif text[at] != "\\":
            found.append(text[at])
        at += 1
    return "".join(found), at + 1


def _plain(text: str, at: int) -> tuple[str, int]:
    """Return the rest of a value without quotes, up to the end of the line: a quote inside of it stands for itself."""
    found, kept = [], 0
    while at < len(text) and text[at] not in _LINE_ENDS:
        is_escaped = text[at] == "\\"
        at += is_escaped
        if at < len(text) and not (is_escaped and text[at] in _LINE_ENDS):
            found.append(text[at])
            if is_escaped or text[at] not in " \t":
                kept = len(found)
        at += 1
    return "".join(found[:kept]), at
