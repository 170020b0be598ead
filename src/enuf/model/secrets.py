"""The secrets in a text, recognised by the names in front of them, and masked wherever enuf prints.

Only what is printed is masked: files, and values on their way between processes, keep what they hold.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

SECRET_VARIABLES = ("ENUF_ALERT_WEBHOOK", "ENUF_TLS_EAB_KEY")
"""The environment variables of the settings whose whole value is a secret."""
MASK = "***"
Span = tuple[int, int]

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_STEMS = (
    "password",
    "passwd",
    "passphrase",
    "passcode",
    "secret",
    "token",
    "credential",
    "apikey",
    "authorization",
    "cookie",
)
"""Say it anywhere in a name, also inside of a longer word."""
_WORDS = frozenset(
    (
        "key",
        "keys",
        "auth",
        "dsn",
        "pwd",
        "pass",
        "pw",
        "cred",
        "creds",
        "jwt",
        "salt",
        "bearer",
        "private",
        "pin",
    )
)
"""Say it as a word of a name."""
_ELSEWHERE = frozenset(("file", "files", "path", "dir", "folder", "zone"))
"""As a name's last word: what follows is where the secret is, or no secret."""
_HARMLESS_NAMES = frozenset(("pwd", "oldpwd"))
_HARMLESS = frozenset(("", "true", "false", "on", "off", "yes", "no", "none", "null"))
_PATH = re.compile(r"(?:~|\.{0,2})/[\w./@+-]*\.[A-Za-z]\w{0,9}")
_PASSES = ("uwsgi_pass", "proxy_pass", "fastcgi_pass", "scgi_pass", "grpc_pass", "memcached_pass")

_VALUE = re.compile(
    r'[bfru]{0,2}"(?P<double>(?:[^"\\\n]|\\.)*+)|[bfru]{0,2}\'(?P<single>(?:[^\'\\\n]|\\.)*+)|(?P<bare>[^\s"\']\S*+)'
)
_NAME = re.compile(
    r"(?P<quote>[\"']?)(?<![\w.-])-{0,2}(?P<name>[A-Za-z_][\w.-]{0,200}+)[\"'\])]{0,3}[ \t]{0,8}(?P<operator>=>|[:=!]=?)[ \t]{0,8}"
    r"|(?<![\w.-])--?(?P<flag>[A-Za-z][\w.-]{0,200}+)[\"']?,?[ \t]{1,8}(?![\"']?-)"
)
"""What may stand in front of a value: `name=`, `"name": `, `--name `, `"--name", `."""
_LITERAL = re.compile(r"\"(?:[^\"\\\n]|\\.)*+\"|'(?:[^'\\\n]|\\.)*+'")
_CONSTANT = re.compile(r"[A-Z][A-Z0-9_]*")
_REFERENCE = re.compile(
    r"(?:os\.)?(?:environ(?:\.get\(|\[)|getenv\()|\$\{[A-Z_][A-Z0-9_]*\}[ \t]*(?:#[^\n]*)?$",
    re.MULTILINE,
)
"""The name of a variable in the place of a value: what to write instead of a secret. A default behind it may be one."""
_ENVIRONMENT = re.compile(
    r"(?<![\w.-])(?:-e|--env|--set|--set-ph|--set-placeholder|ENV|ARG)[\"']?[,= \t]{1,8}[\"']?"
    r"(?P<name>[A-Za-z_]\w{0,200}+)=(?P<bare>[^\s\"']++)"
)
_SPACED = re.compile(
    r"^[ \t]*+(?:ENV|ARG)[ \t]++(?P<name>[A-Za-z_]\w{0,200}+)[ \t]++(?P<bare>\S[^\n]*+)", re.MULTILINE
)
_PORT = re.compile(r"[0-9]{1,5}(?![\w@.-])")
_BEFORE_ADDRESS = re.compile(r"(?:^|[\s{;])(?:server|listen|resolver|[a-z]+_pass)[ \t]{1,20}\Z", re.MULTILINE)
_URL = re.compile(r"(?<![A-Za-z0-9+.-])[A-Za-z][A-Za-z0-9+.-]{0,30}+://(?P<rest>[^\s\"'<>`]++)")
_SCHEME = re.compile(
    r"\b(?:Basic|Bearer|Token|Digest|ApiKey)[ \t]{1,8}(?P<bare>(?=\S*[A-Z0-9=])[\w+/=.~-]{6,}+)",
    re.IGNORECASE,
)


def says_secret(name: str) -> bool:
    """Tell whether a name says that its value is a secret: `API_TOKEN`, `dbPassword`, `X-Api-Key`."""
    words = [word.lower() for word in _WORD.findall(name)]
    if not words or words[-1] in _ELSEWHERE or name.lower() in _HARMLESS_NAMES:
        return False
    if name.lower() in _PASSES:
        return False
    return any(word in _WORDS for word in words) or any(stem in "".join(words) for stem in _STEMS)


def is_harmless(name: str, value: str) -> bool:
    """Tell whether the value of a name that says secret is none: a switch, or a path to a key's file."""
    if value.strip("\"'").lower() in _HARMLESS:
        return True
    strong = any(stem in "".join(_WORD.findall(name)).lower() for stem in _STEMS)
    return not strong and _PATH.fullmatch(value) is not None


def url_spans(text: str) -> Iterator[Span]:
    """Yield the passwords in addresses like `redis://:password@host`; a user without one may be a token."""
    for match in _URL.finditer(text):
        user, at, _ = match["rest"].rpartition("@")
        if at:
            name, colon, _ = user.partition(":")
            start = match.start("rest") + (len(name) + 1 if colon else 0)
            yield start, match.start("rest") + len(user)


def scheme_spans(text: str) -> Iterator[Span]:
    """Yield the credentials behind `Basic` and `Bearer`."""
    return (match.span("bare") for match in _SCHEME.finditer(text))


def text_spans(text: str, *, is_code: bool = False, is_prose: bool = False) -> list[Span]:
    """Return the secrets in any text of a configuration or a command line.

    In code only literal values are secrets; in prose a colon is no sign that a value follows.
    """
    found = [*url_spans(text), *scheme_spans(text)]
    end = 0
    for match in _NAME.finditer(text):
        if match.start() < end:
            continue
        for span in _behind(match, is_code=is_code, is_prose=is_prose):
            found.append(span)
            end = span[1]
    found += (match.span("bare") for match in _ENVIRONMENT.finditer(text))
    found += (match.span("bare") for match in _SPACED.finditer(text) if says_secret(match["name"]))
    return found


def _behind(name: re.Match[str], *, is_code: bool, is_prose: bool) -> Iterator[Span]:
    """Yield the places of the values behind a name that says secret."""
    spelled, operator, text = name["name"] or name["flag"], name["operator"] or " ", name.string
    if not says_secret(spelled) or (is_prose and operator.startswith((":", "!", " "))):
        return
    value = _VALUE.match(text, name.end())
    if value is None or (operator == ":" and _is_port(text, name.start(), value)):
        return
    start, end = _content(value)
    is_subscript = (
        "]" in text[name.end() - len(name[0]) : name.end()]
    )  # `config["KEY"] = ...`, no `"KEY=..."`
    is_expression = is_code and (is_subscript or not name["quote"])
    if value["bare"] is not None and (is_expression or _REFERENCE.match(text, start)):
        yield from _literals(text, start)
        return
    if value["bare"] is not None:
        end = _end_of_bare(name, operator, start, end)
    if not is_harmless(spelled, text[start:end]):
        yield start, end


def _is_port(text: str, start: int, value: re.Match[str]) -> bool:
    """Return True for the port of an address: behind `//`, or behind a directive that takes an address."""
    end = value.end()
    return _PORT.match(text, value.start(), end) is not None and (
        text.endswith("//", 0, start) or _BEFORE_ADDRESS.search(text, max(start - 40, 0), start) is not None
    )


def _content(value: re.Match[str]) -> Span:
    return next(value.span(kind) for kind in ("double", "single", "bare") if value[kind] is not None)


def _literals(text: str, start: int) -> Iterator[Span]:
    """Yield the texts that an expression spells out, but for names of variables: `environ.get("KEY", "default")`."""
    for literal in _LITERAL.finditer(text, start, _end_of_line(text, start)):
        first, last = literal.start() + 1, literal.end() - 1
        if not _CONSTANT.fullmatch(text, first, last):
            yield first, last


def _end_of_bare(name: re.Match[str], operator: str, start: int, end: int) -> int:
    """Return the end of a value without quotes of its own."""
    text = name.string
    if name["quote"]:  # `"NAME=value"`
        closing = text.find(name["quote"], start, _end_of_line(text, start))
        return closing if closing >= 0 else end
    # A header's value, and that of a line of yaml, goes on to the end of the line.
    return _end_of_line(text, start) if operator == ":" and text[start - 1] in " \t" else end


def _end_of_line(text: str, start: int) -> int:
    end = text.find("\n", start)
    return len(text) if end < 0 else end


def joined(spans: Iterable[Span]) -> list[Span]:
    """Return the spans in order, those that touch each other as one, empty ones left out."""
    found: list[Span] = []
    for start, end in sorted(spans):
        if start >= end:
            continue
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return found


def masked(text: str, spans: Iterable[Span]) -> str:
    """Return the text with `***` in the place of each span; it keeps its number of lines."""
    pieces, position = [], 0
    for start, end in joined(spans):
        pieces += [text[position:start], MASK, "\n" * text.count("\n", start, end)]
        position = end
    return "".join([*pieces, text[position:]])


def masked_text(text: str) -> str:
    """Return any text of a configuration or a command line without the secrets in it."""
    return masked(text, text_spans(text))


def masked_prose(text: str) -> str:
    """Return a message without the secrets that it quotes."""
    return masked(text, text_spans(text, is_prose=True))


def masked_code(text: str) -> str:
    """Return Python, or a traceback, without the secrets that it spells out."""
    return masked(text, text_spans(text, is_code=True, is_prose=True))
