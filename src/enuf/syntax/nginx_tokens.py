"""The words of an nginx file with their places, split by crossplane's lexer."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

import msgspec
from crossplane.analyzer import DIRECTIVES
from crossplane.lexer import _balance_braces, _lex_file_object

from enuf.syntax.nginx_tree import Place

_COMMON = frozenset(
    ("listen", "root", "index", "include", "alias", "return", "location", "server", "rewrite")
)
VALUES_WITH_NAMES_OF_DIRECTIVES = {"listen": ("proxy_protocol",)}
_SERVER_ONLY = frozenset(("location", "listen", "server_name"))
_PLACEHOLDER = re.compile(
    r"(\$\w+|\$\{\w+(:?[-=+?][^}]*)?\}|@@?\w+@@?|%%\w+%%|__\w+__|%\(\w+\)s|<\w+>|\$\(\w+\)|\[%[^\]]*%\]|"
    r"\{\{[#/^>!&~-][^{}]*\}\});?"
)
"""What envsubst, sed and their like replace."""
_PLACEHOLDER_LENGTH = 300
_BRACED = re.compile(r"\$\{([^{}\s;\"']*)\}")
_OPENED, _CLOSED = "\ue000", "\ue001"
"""Stand for the braces of `${name}` in the lexer, which takes a blank behind them for a part of the word; nginx does not."""
_ESCAPES = {"t": "\t", "r": "\r", "n": "\n", '"': '"', "'": "'", "\\": "\\"}


class Token(msgspec.Struct, frozen=True):
    """One word, or one of the characters `{ } ;` outside quotes."""

    text: str
    quoted: bool
    place: Place


def without_lone_placeholders(text: str) -> tuple[str, list[int]]:
    """Return the text with blanks for each placeholder that stands for whole statements, and the lines of these.

    `$SERVER_EXTRA` alone on a line, between statements, is filled in by envsubst or the like before nginx reads the
    file; as the last value of a directive of several lines it is kept.
    """
    lines, found, may_begin = text.split("\n"), [], True
    for number, line in enumerate(lines, 1):
        bare = line.strip() if "{{" in line else line.split("#", 1)[0].strip()
        if may_begin and len(bare) < _PLACEHOLDER_LENGTH and _PLACEHOLDER.fullmatch(bare):
            lines[number - 1] = " " * len(line)
            found.append(number)
        elif bare:
            may_begin = bare[-1] in ";{}"
    return ("\n".join(lines) if found else text), found


def read_tokens(text: str, file: str) -> Iterator[Token]:
    """Yield the words of a text without its comments.

    Raise crossplane's NgxParserBaseException if braces do not match.
    """
    lines = text.split("\n")
    line_before, cursor = 0, 0
    plain = _BRACED.sub(rf"${_OPENED}\1{_CLOSED}", text)
    for lexed, line, quoted in _balance_braces(_lex_file_object(io.StringIO(plain)), file):
        word = lexed.replace(_OPENED, "{").replace(_CLOSED, "}")
        if not quoted and word.startswith("#"):
            continue
        if line != line_before:
            line_before, cursor = line, 0
        source = lines[line - 1] if line <= len(lines) else ""
        at = source.find(word, cursor) if word else source.find('""', cursor)
        place = Place(line, at + 1, at + 1 + len(word)) if at >= 0 else Place(line, 0, 0)
        cursor = at + len(word) if at >= 0 else cursor
        yield Token(_unescaped(word), quoted, place)


def context_of(names: Sequence[str]) -> str:
    """Return the context in which directives of these names stand.

    That is `main` for a complete nginx.conf, else `http`, `server` or `location`.
    """
    if "http" in names or "events" in names:
        return "main"
    if "server" in names or "upstream" in names or "map" in names:
        return "http"
    if _SERVER_ONLY.intersection(names):
        return "server"
    return "location" if any(name.endswith(("_param", "_pass", "_set_header")) for name in names) else "http"


CONTEXT_BLOCKS: dict[str, tuple[str, ...]] = {
    "main": (),
    "http": ("http",),
    "server": ("http", "server"),
    "location": ("http", "location"),
}


def swallows_a_line(words: Sequence[Token]) -> bool:
    """Return True if an argument begins a line and is a directive's name: the line above lacks its semicolon.

    nginx itself complains of an invalid parameter there, or of nothing at all.
    """
    values = VALUES_WITH_NAMES_OF_DIRECTIVES.get(words[0].text, ()) if words else ()
    for before, word in pairwise(words):
        begins = word.place.line > before.place.line and not word.quoted
        if (
            begins
            and word.text in DIRECTIVES
            and word.text not in values
            and ("_" in word.text or word.text in _COMMON)
        ):
            return True
    return False


def top_names(tokens: Sequence[Token]) -> list[str]:
    """Return the names of the directives outside all blocks."""
    names, depth, fresh = [], 0, True
    for token in tokens:
        punctuation = "" if token.quoted else token.text
        if punctuation in ("{", "}"):
            depth += 1 if punctuation == "{" else -1
        elif punctuation != ";" and fresh and depth == 0:
            names.append(token.text)
        fresh = punctuation in ("{", "}", ";") or (fresh and depth > 0)
    return names


def _unescaped(word: str) -> str:
    """Return the word with nginx's escapes resolved, in and out of quotes.

    A backslash before any other character stays.
    """
    if "\\" not in word:
        return word
    out, position = [], 0
    while position < len(word):
        following = word[position + 1 : position + 2]
        if word[position] == "\\" and following in _ESCAPES and following:
            out.append(_ESCAPES[following])
            position += 2
        else:
            out.append(word[position])
            position += 1
    return "".join(out)
