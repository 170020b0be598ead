"""Lines of `proxy_pass` beside `uwsgi_pass`, or the reverse: nginx accepts them and nothing reads them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from crossplane.analyzer import DIRECTIVES

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.nginx import hides_lines, is_template
from enuf.doctor.rule import Diagnostic, Rule, at_directive, by_hand
from enuf.syntax.nginx_tree import NginxConfig, ParsedDirective

_FAMILIES = ("proxy", "uwsgi", "fastcgi", "scgi", "grpc")
_PASSES = {f"{family}_pass": family for family in _FAMILIES}
_SAID_BY_UWSGI = ("host", "connection", "upgrade")
"""Headers of which uwsgi_pass needs no line, or that it cannot carry."""


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report the lines of a server or location that belong to a pass which is not used there."""
    for site in evidence.sites:
        for match in site.find("location", "server"):
            block = match.directive
            if block.block is not None and not is_template(evidence, block.file):
                yield from _in_block(site, block)


def _in_block(site: NginxConfig, block: ParsedDirective) -> Iterator[Diagnostic]:
    below = tuple(block.below())
    used = {_PASSES[each.name]: each for each in below if each.name in _PASSES}
    if not used or hides_lines(site, block.file):
        return
    stray: dict[str, list[ParsedDirective]] = {}
    for each in block.block or ():
        family = each.name.partition("_")[0]
        if family in _FAMILIES and family not in used and each.file == block.file:
            stray.setdefault(family, []).append(each)
    for family, lines in stray.items():
        other, served = next(iter(used.items()))
        hint = next((line for each in lines if (line := _counterpart(each, other))), "")
        yield at_directive(
            lines[0],
            f"no effect of {_listed(lines)}: requests go on by {served.name}, and only {family}_pass obeys {family}_ lines",
            -1,
            hint=hint or f"remove the {family}_ lines",
            fix=by_hand(f"write the {other}_ lines that are meant, and remove the {family}_ lines"),
        )


def _listed(lines: Sequence[ParsedDirective]) -> str:
    names = tuple(dict.fromkeys(each.name for each in lines))
    return ", ".join(names) if len(names) < 4 else f"{', '.join(names[:3])}, …"


def _counterpart(line: ParsedDirective, family: str) -> str:
    """Return what the pass in use obeys in the place of a line, empty if there is nothing alike."""
    if line.name == "proxy_set_header" and family in ("uwsgi", "fastcgi", "scgi"):
        if line.arg().lower() in _SAID_BY_UWSGI or len(line.args) != 2:
            return ""
        return f"{family}_param HTTP_{line.arg().upper().replace('-', '_')} {line.arg(1)};"
    if line.name.endswith("_param") and family == "proxy":
        name = line.arg().removeprefix("HTTP_").replace("_", "-").title()
        return f"proxy_set_header {name} {line.arg(1)};" if line.arg().startswith("HTTP_") else ""
    name = f"{family}_{line.name.partition('_')[2]}"
    return f"{name} {' '.join(line.args)};" if name in DIRECTIVES and line.args else ""


RULE = Rule("N060", "directives-of-another-pass", "warning", check)
