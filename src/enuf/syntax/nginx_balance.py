"""Whether lines for nginx are whole statements, so that they can stand between other lines."""

from __future__ import annotations

import re

_WORDS = re.compile(
    r"""\#[^\n]*|"(?:[^"\\]|\\.)*+"|'(?:[^'\\]|\\.)*+'|\$\{[^}]*\}|(?:[^\s;{}"'\\#]|\\.|(?<=[^\s;{}])[\#"'])+|[;{}"'\\]""",
    re.DOTALL,
)


def fault_in_lines(text: str) -> str:
    """Return what keeps the lines from being whole statements, in words; empty when they are."""
    depth, last = 0, ";"
    for match in _WORDS.finditer(text):
        word = match[0]
        if word.startswith("#"):
            continue
        if word in ("'", '"'):
            return f"a text that begins with {word} has no end"
        depth += {"{": 1, "}": -1}.get(word, 0)
        if depth < 0:
            return "a } has no { before it"
        if word == "}" and last not in (";", "{", "}"):
            return f"{last!r} has no ; behind it"
        last = word
    if last not in (";", "{", "}"):
        return f"{last!r} has no ; behind it"
    return "a { has no } behind it" if depth else ""
