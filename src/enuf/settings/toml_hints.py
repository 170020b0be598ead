"""What to write instead of a line that is not valid TOML."""

from __future__ import annotations

import re

QUOTES = 'texts, durations, sizes and addresses stand in quotes, like timeout = "30s"'
_TYPOGRAPHIC = re.compile("[\u2018\u2019\u201a\u201c\u201d\u201e\u00ab\u00bb]")
_COLON = re.compile(r"\s*[\w.\"'-]+\s*:")
_LEADING_ZERO = re.compile(r"=\s*[+-]?0\d")
_PYTHON_WORD = re.compile(r"=\s*(True|False|None|yes|no|on|off)\b")
_JSON_WORDS = {
    "True": "true",
    "False": "false",
    "None": "nothing: leave the line out",
    "yes": "true",
    "no": "false",
    "on": "true",
    "off": '"off" or false',
}


def hint_for(message: str, line: str) -> str:
    """Return what to write, for a message of tomllib and the line that it is about."""
    if _TYPOGRAPHIC.search(line):
        return "these quotes are typographic: write the straight ones, \" or '"
    if word := _PYTHON_WORD.search(line):
        return f"TOML has no {word[1]}: write {_JSON_WORDS[word[1]]}"
    if "Cannot overwrite" in message or "Cannot declare" in message:
        return "this name stands twice in the file: keep one of them"
    if "Unescaped" in message or "escape" in message.lower():
        return "in double quotes a backslash is written twice; in single quotes it stands as it is"
    if "Expected '='" in message and _COLON.match(line):
        return "a name and its value are joined by =, not by a colon"
    if _LEADING_ZERO.search(line):
        return 'a number has no leading zero; what is no number stands in quotes, like "0666"'
    if "Unclosed array" in message or "Unclosed inline table" in message:
        return "the values between brackets are separated by commas"
    return QUOTES
