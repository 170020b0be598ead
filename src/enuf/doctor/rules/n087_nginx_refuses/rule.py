"""Lines that nginx reads and refuses, so that it does not start, or keeps the configuration that it had."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.defined_names import undefined_names
from enuf.doctor.facts.nginx import directives_in, is_template
from enuf.doctor.rule import Diagnostic, Rule, at_directive, at_line, by_hand
from enuf.model.finding import Edit, Fix
from enuf.syntax.nginx_tree import DirectiveMatch, NginxConfig, NginxProblem, ParsedDirective

_WITH_PATH = re.compile(r"https?://(?!unix:)[^/$]+/[^$]*|https?://unix:[^:$]+:/[^$]*")
"""An address with a path. With a variable anywhere in it nginx takes any path, as it fills the address in later."""
_BARE_ADDRESS = re.compile(r"(\d{1,3}(?:\.\d{1,3}){3}|localhost)(?::\d{1,5})?(?:/\S*)?")
_FOLDERS = re.compile(r"[/]?[^:]+:\d+/.*|\d{1,3}(?:\.\d{1,3}){3}/.*")
_YOUNG_CONTEXTS = ("js_", "resolver")
"""Directives that newer versions take in more blocks than the table of contexts knows."""
_PASSES_WITHOUT_SCHEME = ("uwsgi_pass", "fastcgi_pass", "scgi_pass")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report locations twice or outside of the one around them, and passes in a form that nginx refuses."""
    for site in evidence.sites:
        for match in site.find("server", "location"):
            if match.directive.block is not None and not is_template(evidence, match.directive.file):
                yield from _twice(match.directive)
                yield from _outside(match)
        for match in site.find("proxy_pass", *_PASSES_WITHOUT_SCHEME):
            if not is_template(evidence, match.directive.file):
                yield from _pass(match)
        yield from _misplaced(evidence, site)
        yield from _in_a_circle(site)
        for directive, kind, name in undefined_names(evidence, site):
            yield at_directive(
                directive,
                f"nginx does not start: no {kind} of the container has the name {name}",
                hint=f"{kind} … {name} …   in the http block, or in this file above the server",
                fix=by_hand(f"define {name}, or use a name that is there"),
            )
    yield from _marked(evidence)


def _in_a_circle(site: NginxConfig) -> Iterator[Diagnostic]:
    """Report an include that leads back to its own file. Where a relative one counts from is a guess in a site alone."""
    for problem in site.problems:
        if problem.kind == "loop":
            pattern = problem.text.partition(" ")[0]
            yield at_line(
                problem.file,
                problem.line,
                f"{pattern} is also this file, which includes itself without end: nginx does not start, `nginx -t` crashes",
                hint="take the line out: nginx.conf includes the files of this folder",
                is_certain=pattern.startswith("/") or site.context == "main",
            )


def _marked(evidence: Evidence) -> Iterator[Diagnostic]:
    for file in evidence.of_kind("nginx"):
        if file.text.startswith("\ufeff"):
            edit = Edit(file=file.path, line=1, column=1, end_column=2, text="")
            yield at_line(
                file.path,
                1,
                "the file begins with an invisible byte order mark, which nginx takes for a part of the first word: unknown directive",
                1,
                2,
                hint="save the file as UTF-8 without BOM",
                fix=Fix(safe=True, description="take the mark out", edits=(edit,)),
            )


def _twice(block: ParsedDirective) -> Iterator[Diagnostic]:
    first: dict[tuple[str, str], ParsedDirective] = {}
    for location in directives_in(block, "location"):
        modifier, path = (
            (location.arg(), location.arg(1)) if len(location.args) == 2 else ("", location.arg())
        )
        key = ("" if modifier == "^~" else modifier, path)
        if modifier in ("~", "~*") or "$" in path or "{" in path:
            continue
        if key in first:
            yield at_directive(
                location,
                f"nginx refuses a second location {path} in one server: the first is in line {first[key].line}",
                len(location.args) - 1,
                hint="put the lines of both into one location",
                fix=by_hand("join the two locations"),
            )
        first.setdefault(key, location)


def _outside(match: DirectiveMatch) -> Iterator[Diagnostic]:
    location = match.directive
    around = match.chain[-1] if match.chain else None
    if around is None or around.name != "location" or len(around.args) != 1 or len(location.args) != 1:
        return
    inner, outer = location.arg(), around.arg()
    if inner.startswith("/") and outer.startswith("/") and not inner.startswith(outer):
        yield at_directive(
            location,
            f"nginx refuses a location {inner} inside location {outer}: its path must begin with {outer}",
            hint=f"close location {outer} with }} before this line",
            fix=by_hand("take the location out of the one around it"),
        )


def _pass(match: DirectiveMatch) -> Iterator[Diagnostic]:
    directive = match.directive
    text = directive.arg()
    around = match.chain[-1] if match.chain else None
    if directive.name == "proxy_pass":
        place = _place_without_path(around)
        if place and _WITH_PATH.fullmatch(text):
            right = text.partition("://")[0] + "://" + text.partition("://")[2].partition("/")[0]
            yield at_directive(
                directive,
                f"nginx refuses a path in proxy_pass {place}",
                hint=f"proxy_pass {right};"
                if "unix:" not in text
                else f"proxy_pass {text.rpartition(':')[0]};",
                fix=by_hand("leave the path out, and change it with rewrite … break if need be"),
            )
        elif _BARE_ADDRESS.fullmatch(text):
            yield at_directive(
                directive,
                "nginx refuses proxy_pass without http:// or https://",
                hint=f"proxy_pass http://{text};",
                fix=by_hand(f"write `proxy_pass http://{text};`"),
            )
    elif text.startswith(("http://", "https://")) or _FOLDERS.fullmatch(text.removeprefix("uwsgi://")):
        right = text.rpartition("://")[2].partition("/")[0]
        if not text.startswith("unix:") and "unix:" not in text and "$" not in text:
            yield at_directive(
                directive,
                f"nginx refuses this address: {directive.name} takes a host and a port, without http:// and without a path",
                hint=f"{directive.name} {right};",
                fix=by_hand(f"write `{directive.name} {right};`"),
            )


def _place_without_path(around: ParsedDirective | None) -> str:
    """Return the words for a block in which proxy_pass takes no path, empty for any other."""
    if around is None:
        return ""
    if around.name == "if":
        return "inside an if"
    if around.name == "limit_except":
        return "inside limit_except"
    if around.name == "location" and around.arg() in ("~", "~*"):
        return "inside a location with a regular expression"
    return "inside a named location" if around.name == "location" and around.arg().startswith("@") else ""


def _misplaced(evidence: Evidence, site: NginxConfig) -> Iterator[Diagnostic]:
    """Report directives in a block that does not take them."""
    for problem in site.problems:
        if (
            problem.kind == "context"
            and not problem.directive.startswith(_YOUNG_CONTEXTS)
            and not is_template(evidence, problem.file)
            and _is_in_block(evidence, problem)
        ):
            yield at_line(
                problem.file,
                problem.line,
                f"nginx does not take {problem.directive} in this block, and does not start",
                hint="move the line to a block that takes it",
            )


def _is_in_block(evidence: Evidence, problem: NginxProblem) -> bool:
    """Return True if the line lies inside a block of its file: what surrounds a bare line is unknown."""
    file = evidence.file(problem.file)
    lines = file.text.splitlines()[: problem.line] if file else []
    code = [line.partition("#")[0] for line in lines]
    before = "\n".join(code[:-1]) + (code[-1].partition(problem.directive)[0] if code else "")
    return before.count("{") > before.count("}")


RULE = Rule("N087", "nginx-refuses", "error", check)
