"""A line that does not end: nginx refuses the whole configuration."""

from __future__ import annotations

from collections.abc import Iterator

from crossplane.analyzer import DIRECTIVES

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.nginx import is_template, line_of
from enuf.doctor.rule import Rule, Sign, at_directive, at_line
from enuf.syntax.nginx_tree import Directive, NginxConfig, NginxTrouble

_TABLES = ("types", "map", "geo", "split_clients", "charset_map", "match")
"""Blocks that hold words of one's own."""
_SHORT = frozenset(
    ("root", "index", "listen", "include", "alias", "return", "rewrite", "expires", "location")
)
"""Directives that are taken for such although their names are plain words."""


def check(evidence: Evidence) -> Iterator[Sign]:
    """Every statement without its end, and every one that has swallowed the directive on the line below."""
    for site in evidence.sites:
        told: set[tuple[str, int]] = set()
        for sign in (*_troubles(evidence, site), *_swallowed(evidence, site)):
            if (sign.file, sign.line) not in told and not is_template(evidence, sign.file):
                told.add((sign.file, sign.line))
                yield sign


def _troubles(evidence: Evidence, site: NginxConfig) -> Iterator[Sign]:
    for trouble in site.troubles:
        text = line_of(evidence.file(trouble.file), trouble.line)
        if trouble.kind == "unterminated" or (trouble.kind == "arguments" and _is_open(text)):
            yield _sign(trouble.file, trouble.line, text, f"`{trouble.directive}`")
        elif trouble.kind == "syntax":
            yield _broken(trouble, text)


def _broken(trouble: NginxTrouble, text: str) -> Sign:
    return at_line(
        trouble.file,
        trouble.line,
        f"nginx refuses this file and keeps the configuration that it had: {trouble.text}",
        _start(text),
        len(text.rstrip()) + 1,
        hint="every { needs its }, every directive its ;",
    )


def _swallowed(evidence: Evidence, site: NginxConfig) -> Iterator[Sign]:
    """Directives one of whose arguments begins a line and is a directive's name itself."""
    stack = list(site.directives)
    while stack:
        directive = stack.pop()
        if directive.name not in _TABLES:
            stack += directive.block or ()
        below = _first_below(directive)
        if below is not None and directive.name not in (*_TABLES, "log_format", "if"):
            text = line_of(evidence.file(directive.file), directive.line)
            if _is_open(text):
                yield _sign(directive.file, directive.line, text, f"`{directive.name}`")
            else:
                yield at_directive(directive, f"`{directive.name}` lacks its ; before `{below}`")


def _is_a_directive(word: str) -> bool:
    return word in _SHORT or ("_" in word and word in DIRECTIVES)


def _first_below(directive: Directive) -> str | None:
    """The argument that looks like the next directive, None when there is none."""
    line = directive.name_place.line
    for number, (arg, place) in enumerate(zip(directive.args, directive.places, strict=True)):
        has_value = number + 1 < len(directive.args) or directive.block is not None
        if place.line > line and _is_a_directive(arg) and has_value:
            return arg
        line = place.line
    return None


def _sign(file: str, line: int, text: str, name: str) -> Sign:
    code = _code(text)
    return at_line(
        file,
        line,
        f"{name} does not end with ;, so nginx refuses this file and keeps the configuration that it had",
        _start(text),
        len(code) + 1,
        hint=f"{code.strip()};" if code and _is_open(text) else "end the directive with ;",
    )


def _is_open(text: str) -> bool:
    """True for a line that ends neither a directive nor begins or ends a block."""
    code = _code(text)
    return bool(code) and code[-1] not in ";{}"


def _code(text: str) -> str:
    return text.split(" #", maxsplit=1)[0].rstrip()


def _start(text: str) -> int:
    return len(text) - len(text.lstrip()) + 1


RULE = Rule("N011", "nginx-missing-semicolon", "error", check)
