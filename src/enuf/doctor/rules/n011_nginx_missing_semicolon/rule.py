"""A statement without its end, for which nginx refuses the whole configuration."""

from __future__ import annotations

from collections.abc import Iterator

from crossplane.analyzer import DIRECTIVES

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.nginx import TABLES, holds_merge_marks, is_template, line_text
from enuf.doctor.rule import Diagnostic, Rule, at_directive, at_line
from enuf.syntax.nginx_tokens import VALUES_WITH_NAMES_OF_DIRECTIVES
from enuf.syntax.nginx_tree import NginxConfig, NginxProblem, ParsedDirective

_ANY_NUMBER = ("server_name", "index", "try_files", "gzip_types", "valid_referers")
"""Directives with any number of values, of which nginx checks none."""
_LISTS = ("log_format", "proxy_cache_bypass", "proxy_no_cache", "uwsgi_cache_bypass", "uwsgi_no_cache")
"""Such directives without which a site is served all the same."""
_SHORT = frozenset(
    ("root", "index", "listen", "include", "alias", "return", "rewrite", "expires", "location")
)
"""Directives with names that are also common words, still taken for directives."""


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every statement without its end, and every one that swallowed the directive on the next line."""
    for site in evidence.sites:
        merge = _left_merge(evidence, site)
        if merge:
            yield merge
            continue
        reported: set[tuple[str, int]] = set()
        for diagnostic in (*_problems(evidence, site), *_swallowed(evidence, site)):
            if (diagnostic.file, diagnostic.line) not in reported and not is_template(
                evidence, diagnostic.file
            ):
                reported.add((diagnostic.file, diagnostic.line))
                yield diagnostic


def _left_merge(evidence: Evidence, site: NginxConfig) -> Diagnostic | None:
    """Return one diagnostic for a file with the marks of a merge that was not finished."""
    file = evidence.file(site.file)
    lines = file.text.splitlines() if file and holds_merge_marks(file.text) else []
    number = next((number for number, line in enumerate(lines, 1) if line.startswith("<<<<<<< ")), 0)
    if not number:
        return None
    return at_line(
        site.file,
        number,
        "the marks of an unfinished merge are in this file: nginx refuses it and keeps the configuration that it had",
        hint="choose one side, and remove the lines <<<<<<<, ======= and >>>>>>>",
    )


def _problems(evidence: Evidence, site: NginxConfig) -> Iterator[Diagnostic]:
    for problem in site.problems:
        text = line_text(evidence.file(problem.file), problem.line)
        if problem.kind == "unterminated" or (problem.kind == "arguments" and _is_open(text)):
            name = f"`{problem.directive}`" if problem.directive.strip() else "this line"
            yield _diagnostic(problem.file, problem.line, text, name)
        elif problem.kind == "syntax":
            yield _broken(problem, text)


def _broken(problem: NginxProblem, text: str) -> Diagnostic:
    return at_line(
        problem.file,
        problem.line,
        f"nginx refuses this file and keeps the configuration that it had: {problem.text}",
        _start(text),
        len(text.rstrip()) + 1,
        hint="every { needs its }, every directive its ;",
    )


def _swallowed(evidence: Evidence, site: NginxConfig) -> Iterator[Diagnostic]:
    """Report directives with an argument that begins a line and is itself the name of a directive."""
    stack = list(site.directives)
    while stack:
        directive = stack.pop()
        if directive.name not in TABLES:
            stack += directive.block or ()
        below = _first_below(directive)
        if below is not None and directive.name not in (*TABLES, "log_format", "if"):
            text = line_text(evidence.file(directive.file), directive.line)
            if _is_open(text):
                yield _diagnostic(directive.file, directive.line, text, f"`{directive.name}`")
            else:
                yield at_directive(directive, f"`{directive.name}` lacks its ; before `{below}`")


def _is_a_directive(word: str) -> bool:
    return word in _SHORT or ("_" in word and word in DIRECTIVES)


def _first_below(directive: ParsedDirective) -> str | None:
    """Return the argument that looks like the next directive, None if there is none."""
    line = directive.name_place.line
    for index, (arg, place) in enumerate(zip(directive.args, directive.places, strict=True)):
        has_value = index + 1 < len(directive.args) or directive.block is not None
        is_value = arg in VALUES_WITH_NAMES_OF_DIRECTIVES.get(directive.name, ())
        if place.line > line and _is_a_directive(arg) and has_value and not is_value:
            return arg
        line = place.line
    return None


def _diagnostic(file: str, line: int, text: str, name: str) -> Diagnostic:
    code = _code(text)
    takes_all = name.strip("`") in (*_ANY_NUMBER, *_LISTS)
    return at_line(
        file,
        line,
        f"{name} does not end with ;, so nginx takes the words of the next line as more of its values, and that "
        "line has no effect"
        if takes_all
        else f"{name} does not end with ;, so nginx refuses this file and keeps the configuration that it had",
        _start(text),
        len(code) + 1,
        severity="warning" if name.strip("`") in _LISTS else None,
        hint=f"{code.strip()};" if code and _is_open(text) else "end the directive with ;",
    )


def _is_open(text: str) -> bool:
    """Return True for a line that neither ends a directive nor begins or ends a block."""
    code = _code(text)
    return bool(code) and code[-1] not in ";{}"


def _code(text: str) -> str:
    return text.split(" #", maxsplit=1)[0].rstrip()


def _start(text: str) -> int:
    return len(text) - len(text.lstrip()) + 1


RULE = Rule("N011", "nginx-missing-semicolon", "error", check)
