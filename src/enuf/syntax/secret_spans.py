"""The places of secrets in files and options of each language, beyond those that names show in any text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from enuf.model.secrets import Span, is_harmless, masked, says_secret, text_spans
from enuf.syntax.nginx_secrets import nginx_spans

_NAMED = frozenset(
    ("env", "set", "set-ph", "set-placeholder", "if-env", "if-not-env", "ifenv", "if-opt", "if-not-opt")
)
"""Options of uWSGI whose value is `NAME=value`."""
_BEHIND_A_WORD = re.compile(r"legion(-.*)?|alarm(-.*)?|.*log-encoder|snmp-community|emperor-.*-secret")
"""Options whose value holds a secret after its first word."""
_ROUTE_ACTION = re.compile(
    r"(?<!\S)(?:[a-z-]*auth[a-z-]*|setenv|addvar|addheader|add-header):(?P<value>.++)", re.DOTALL
)
_TEMPLATE = re.compile(r"[\w.-]*[=:]?[ \t]*(?:\$\{[^{}]*\}|%\([^()]*\))|Content-Encoding:[ \t]*identity")
"""Values of route actions that hold no secret: a variable, and the coding that enuf's own routes name."""
_NO_SECRETS = (
    "PATH",
    "PYTHONPATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "TZ",
    "PYTHONUNBUFFERED",
    "DJANGO_SETTINGS_MODULE",
)
"""Variables whose values hold no secret in any deployment."""
_PAIR = re.compile(r"(?<![\w.-])(?P<name>[A-Za-z_][\w.-]{0,200}+)=[\"']?(?P<value>[^\s\"'<>,\]]++)")
_MARKUP_ENV = re.compile(
    r"\b(?:env|set-placeholder|set-ph)[\"']?[ \t]*+[:>][ \t]*+[\"'\[]*[A-Za-z_]\w{0,200}+=(?P<value>[^\n\"'<\]]++)"
)
_LOUD_PAIR = re.compile(r"(?<![\w.-])[A-Z_][A-Z0-9_]{0,200}+=(?P<value>[^\n\"'<\]]++)")
_KEPT_BLANKS = " \t\r"


def option_spans(key: str, value: str) -> list[Span]:
    """Return the secrets in the value of a uWSGI option."""
    if key in _NAMED:
        name, equals, _ = value.partition("=")
        return [(len(name) + 1, len(value))] if equals else []
    if says_secret(key) and not is_harmless(key, value):
        return [(0, len(value))]
    if _BEHIND_A_WORD.fullmatch(key):
        first = len(value.partition(" ")[0]) + 1
        return [(first, len(value)) if first < len(value) else (0, len(value))]
    spans = text_spans(value)
    if "rout" in key and (action := _ROUTE_ACTION.search(value)) and not _TEMPLATE.fullmatch(action["value"]):
        spans.append(action.span("value"))
    return spans


def masked_option(key: str, value: str) -> str:
    """Return the value of a uWSGI option without the secrets in it."""
    return masked(value, option_spans(key, value))


def ini_spans(text: str) -> Iterator[Span]:
    """Yield the secrets in a uWSGI ini file, also in lines that are commented out."""
    position = 0
    for line in text.split("\n"):
        key, equals, right = line.partition("=")
        value = right.strip(_KEPT_BLANKS)
        if equals and value:
            start = position + len(key) + 1 + len(right) - len(right.lstrip(_KEPT_BLANKS))
            spans = option_spans(key.strip(" \t#;"), value)
            yield from ((start + first, start + last) for first, last in spans)
        elif not equals:
            spans = text_spans(line, is_prose=line.lstrip(_KEPT_BLANKS)[:1] in ("#", ";"))
            yield from ((position + first, position + last) for first, last in spans)
        position += len(line) + 1


def _unit_spans(text: str) -> Iterator[Span]:
    yield from text_spans(text)
    position, goes_on = 0, False
    for line in text.split("\n"):
        name, equals, _ = line.partition("=")
        if goes_on or (equals and name.strip().lower() == "environment"):
            start = position if goes_on else position + len(name) + 1
            pairs = _PAIR.finditer(text, start, position + len(line))
            yield from (match.span("value") for match in pairs if match["name"] not in _NO_SECRETS)
            goes_on = line.rstrip().endswith("\\")
        position += len(line) + 1


def _markup_spans(text: str) -> Iterator[Span]:
    yield from text_spans(text)
    for pattern in (_MARKUP_ENV, _LOUD_PAIR):
        yield from (match.span("value") for match in pattern.finditer(text))


def _python_spans(text: str) -> Iterator[Span]:
    return iter(text_spans(text, is_code=True))


_READERS: dict[str, Callable[[str], Iterator[Span]]] = {
    "nginx": nginx_spans,
    "uwsgi-ini": ini_spans,
    "uwsgi-xml": _markup_spans,
    "uwsgi-yaml": _markup_spans,
    "uwsgi-json": _markup_spans,
    "compose": _markup_spans,
    "unit": _unit_spans,
    "supervisor": _unit_spans,
    "python": _python_spans,
}


def spans_of(kind: str, text: str) -> list[Span]:
    """Return the secrets in a file of that kind. The kinds are those of the doctor."""
    reader = _READERS.get(kind)
    return list(reader(text)) if reader else text_spans(text)


def kind_of_rendered(name: str) -> str:
    """Return the kind of a file that enuf renders."""
    suffix = name.rpartition(".")[2]
    kinds = {"ini": "uwsgi-ini", "py": "python", "service": "unit", "yaml": "compose", "yml": "compose"}
    return kinds.get(suffix, "nginx")


def masked_file(kind: str, text: str) -> str:
    """Return a file's text without the secrets in it."""
    return masked(text, spans_of(kind, text))
