"""Shell lines: the simple commands in them."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence

from enuf.syntax.unit import COMMAND_LIMIT

SHELLS = ("sh", "bash", "dash", "ash", "zsh")
_BETWEEN = "();|&`"
"""What stands between two commands of a shell line."""


def simple_commands(text: str) -> Iterator[list[str]]:
    """Yield the words of each simple command, without redirections; none where a quote is never closed."""
    try:
        lexer = shlex.shlex(text[:COMMAND_LIMIT], posix=True, punctuation_chars=f"{_BETWEEN}<>")
        lexer.whitespace_split = True
        words = list(lexer)
    except ValueError:
        return
    simple: list[str] = []
    for word in [*_without_redirections(words), ";"]:
        if set(word) <= set(_BETWEEN):
            if simple:
                yield simple
            simple = []
        else:
            simple.append(word)


def script_of_shell(words: Sequence[str]) -> str:
    """Return the script after the `-c` (or `-lc`) of a shell whose arguments these words are, empty if there is none."""
    for position, word in enumerate(words):
        if word.startswith("-") and word.endswith("c") and position + 1 < len(words):
            return words[position + 1]
        if not word.startswith("-"):
            return ""
    return ""


def _without_redirections(words: Sequence[str]) -> Iterator[str]:
    """Yield the words of a shell line without `> file`, `2>&1` and the like."""
    is_target = False
    for position, word in enumerate(words):
        opens = bool(word) and set(word) <= set("<>&") and not set(word) <= set("&")
        before_sign = word.isdigit() and words[position + 1 : position + 2] and words[position + 1][0] in "<>"
        if not opens and not is_target and not before_sign:
            yield word
        is_target = opens
