"""The `%` of uWSGI: letters, replaced in a file before parsing, and placeholders, filled in later."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Mapping

import msgspec

from enuf.syntax.uwsgi_values import leading_number

DYNAMIC = frozenset("kVhtTuUgGijJb")
"""Letters whose value only the machine knows. They stay unless a value is given."""

_REPLACEMENTS_LIMIT = 64
LENGTH_LIMIT = 8192
"""Characters that a value may grow to by its placeholders. uWSGI itself stops much earlier."""
_BRACKET = re.compile(r"[()]")


class Expanded(msgspec.Struct, frozen=True):
    """A text after the substitution, with the origin of each character."""

    text: str
    origin: tuple[int, ...] | None
    """Position in the source of each character, None if nothing was replaced."""

    def source(self, position: int) -> int:
        """Return the position in the source of a character. The end maps to the end."""
        if self.origin is None:
            return position
        if position < len(self.origin):
            return self.origin[position]
        return self.origin[-1] + 1 if self.origin else 0


def file_letters(path: str, given: str, section: str) -> dict[str, str]:
    """Return the meaning of the letters that come from the file's own name. `path` is absolute."""
    folder, _, name = path.rpartition("/")
    folder += "/"
    stem, dot, extension = name.rpartition(".")
    parts = folder.strip("/").split("/")
    letters = {
        "%": "%",
        "(": "%(",
        "[": "\033[",
        "o": given,
        "v": posixpath.dirname(path),
        "p": path,
        "s": name,
        "d": folder,
        "c": posixpath.basename(folder.rstrip("/")),
        "e": extension if dot else "",
        "n": stem if dot else "",
        "x": section,
    }
    letters.update({str(index): part for index, part in enumerate(parts[:10])})
    return letters


def first_file_letters(letters: Mapping[str, str]) -> dict[str, str]:
    """Return the capital letters, which mean the first file in all files that it includes."""
    return {small.upper(): letters[small] for small in "opsdcenx"}


def expand_letters(text: str, letters: Mapping[str, str]) -> Expanded:
    """Return the text as uWSGI sees it: every `%x` replaced, an unknown one removed (F204)."""
    if "%" not in text:
        return Expanded(text, None)
    pieces: list[str] = []
    origin: list[int] = []
    position = 0
    while (at := text.find("%", position)) >= 0:
        letter = text[at + 1 : at + 2]  # empty at the end of the text: the % is removed
        replacement = letters.get(letter, f"%{letter}" if letter in DYNAMIC else "")
        pieces += [text[position:at], replacement]
        origin += [*range(position, at), *[at] * len(replacement)]
        position = at + 2
    pieces.append(text[position:])
    origin += range(position, len(text))
    return Expanded("".join(pieces), tuple(origin))


def fill_placeholders(value: str, marker: str, find: Callable[[str], str | None]) -> str:
    """Replace every `marker(name)` that `find` knows, repeatedly as uWSGI does.

    uWSGI never ends with a value that refers to itself. This function stops after some rounds.
    """
    position = 0
    for _ in range(_REPLACEMENTS_LIMIT):
        place = _next_placeholder(value, marker, position)
        if place is None:
            return value
        start, end = place
        replacement = find(value[start + 2 : end])
        if replacement is None:
            position = end + 1
            continue
        grown = len(replacement) - (end + 1 - start)
        if grown > 0 and len(value) + grown > LENGTH_LIMIT:
            return value
        value = value[:start] + replacement + value[end + 1 :]
        position = 1
    return value


def _next_placeholder(value: str, marker: str, position: int) -> tuple[int, int] | None:
    """Return start and end of the next non-empty `marker(...)`, None if there is none."""
    while (start := value.find(f"{marker}(", position)) >= 0:
        end = _closing(value, start + 2)
        if end is None:
            return None
        if end > start + 2:
            return start, end
        position = end + 1
    return None


def _closing(value: str, position: int) -> int | None:
    depth = 0
    for bracket in _BRACKET.finditer(value, position):
        if bracket[0] == "(":
            depth += 1
        elif depth == 0:
            return bracket.start()
        else:
            depth -= 1
    return None


def arithmetic(name: str, find: Callable[[str], str | None]) -> str | None:
    """Return the meaning of `%(name)` or `%(name + 2)`, None if no option of that name was set.

    An expression with blanks is evaluated word by word from the left. Two names without an operator are
    joined.
    """
    if " " not in name:
        return find(name)
    result, operator = "", ""
    for word in filter(None, name.split(" ")):
        if word in ("+", "-", "*", "/"):
            operator = word
        elif word in ("++", "--"):
            result = str(leading_number(result) + (1 if word == "++" else -1))
        else:
            value = find(word)
            if value and ("@(" in value or "$(" in value):
                return value  # what stands in a file or a variable that is not here: the result is as unknown
            value = value if value is not None else word if _is_number(word) else ""
            result = _worked_out(result, operator, value) if operator else result + value
            operator = ""
    return result


def _is_number(word: str) -> bool:
    return word.isascii() and word.isdigit()


def _worked_out(left: str, operator: str, right: str) -> str:
    first, second = leading_number(left), leading_number(right)
    if operator == "/":
        return str(int(first / second)) if second else "0"
    return str({"+": first + second, "-": first - second, "*": first * second}[operator])
