"""The places of secrets in nginx's language: arguments of directives, conditions and maps about secrets."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec

from enuf.model.secrets import Span, is_harmless, says_secret, text_spans

_TOKEN = re.compile(
    r"#[^\n]*+|[{};]|\"(?:[^\"\\]|\\.)*+\"?|'(?:[^'\\]|\\.)*+'?|(?:[^\s{};\"'#\\]|\\.|\$\{|(?<=\S)[\"'#])++",
    re.DOTALL,
)
_VARIABLE = re.compile(r"\$\{?([A-Za-z_]\w*)")
_PLAIN = re.compile(r"(?:[\"'(!=~*^)<>|]|\$\{?[A-Za-z_]\w*\}?)*+")
"""Matches variables and operators only, which cannot be secrets themselves."""
_NAMES_ITS_VALUE = re.compile(
    r"(?:\w+_)?(?:set_header|param|add_header|add_trailer|hide_header)|add_header|add_trailer|more_set_\w+|set|env"
)
_OF_SECRETS = frozenset(("secure_link_md5", "secure_link_secret", "auth_basic", "auth_jwt"))
_TABLES = frozenset(("map", "geo", "split_clients"))
_SAYS_NOTHING = frozenset(("always", "if_not_empty", "default", "volatile", "hostnames"))


class _Word(msgspec.Struct, frozen=True):
    text: str
    start: int

    @property
    def span(self) -> Span:
        """The position of the word without its quotes."""
        quoted = len(self.text) > 1 and self.text[0] in "\"'"
        ends = quoted and self.text[-1] == self.text[0]
        return self.start + quoted, self.start + len(self.text) - ends


def nginx_spans(text: str) -> Iterator[Span]:
    """Yield the secrets in a configuration of nginx."""
    yield from text_spans(text)
    words: list[_Word] = []
    tables: list[bool] = []
    for match in _TOKEN.finditer(text):
        word = match[0]
        if word.startswith("#"):
            continue
        if word not in ("{", "}", ";"):
            words.append(_Word(word, match.start()))
            continue
        if tables and tables[-1]:
            yield from _arguments(words)
        elif words:
            yield from _statement(words)
        if word == "{":
            tables.append(bool(words) and words[0].text in _TABLES and _is_about_secrets(words))
        elif word == "}" and tables:
            tables.pop()
        words = []
    if words:
        yield from _statement(words)


def _statement(words: Sequence[_Word]) -> Iterator[Span]:
    name, arguments = words[0].text, words[1:]
    if name in _OF_SECRETS or (says_secret(name) and not name.startswith("auth_request")):
        yield from _arguments(arguments, name)
    elif arguments and _NAMES_ITS_VALUE.fullmatch(name) and says_secret(arguments[0].text):
        first = arguments[0].text.strip("\"'").lstrip("$")
        if "=" in first:
            start = arguments[0].span[0] + first.index("=") + 1
            yield start, arguments[0].span[1]
        yield from _arguments(arguments[1:], first)
    elif name not in ("log_format", "access_log") and _is_about_secrets(words):
        yield from _arguments(arguments)


def _is_about_secrets(words: Sequence[_Word]) -> bool:
    return any(says_secret(name) for word in words for name in _VARIABLE.findall(word.text))


def _arguments(words: Sequence[_Word], name: str = "secret") -> Iterator[Span]:
    for word in words:
        bare = word.text.strip("\"'")
        if bare not in _SAYS_NOTHING and not _PLAIN.fullmatch(word.text) and not is_harmless(name, bare):
            yield word.span
