"""Lines that a level drops because it has one of their kind: `add_header`, `proxy_set_header`, `uwsgi_param`, and more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.nginx import directives_in, hides_lines, is_template
from enuf.doctor.rule import Diagnostic, Rule, at_directive, by_hand
from enuf.model.finding import Severity
from enuf.syntax.nginx_tree import DirectiveMatch, NginxConfig, ParsedDirective

_GUARDS = frozenset((
    "strict-transport-security", "x-frame-options", "x-content-type-options", "content-security-policy", "referrer-policy",
    "permissions-policy", "cross-origin-opener-policy", "cross-origin-embedder-policy", "cross-origin-resource-policy",
))  # fmt: skip
_FACTS = frozenset(("host", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "x-real-ip"))
_KINDS = ("add_header", "proxy_set_header", "uwsgi_param", "proxy_hide_header", "uwsgi_hide_header")
_PASS_OF = {"proxy_set_header": "proxy_pass", "uwsgi_param": "uwsgi_pass"}
_BLOCKS = ("server", "location", "if", "limit_except")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every block whose own lines of a kind drop lines of that kind from further out."""
    for site in evidence.sites:
        for match in site.find(*_BLOCKS):
            block = match.directive
            if block.block is None or is_template(evidence, block.file) or hides_lines(site, block.file):
                continue
            for kind in _KINDS:
                own = (
                    ()
                    if kind == "proxy_set_header" and _is_from_elsewhere(site, block)
                    else directives_in(block, kind)
                )
                dropped = _dropped(match, kind, own) if own and _counts(match, kind) else ()
                if dropped:
                    yield _diagnostic(kind, own[0], dropped)


def _is_from_elsewhere(site: NginxConfig, block: ParsedDirective) -> bool:
    """Return True if a file of proxy headers is included that could not be read, and may repeat them."""
    return any(
        each.file == block.file and not each.files and each.pattern.endswith("proxy_params")
        for each in site.includes
    )


def _counts(match: DirectiveMatch, kind: str) -> bool:
    """Return True if the lines of a kind would do something in the block."""
    if kind == "add_header" and match.value("add_header_inherit") in ("merge", "on"):
        return False
    wanted = _PASS_OF.get(kind)
    return (
        wanted is None
        or match.directive.name == "if"
        or any(each.name == wanted for each in match.directive.below())
    )


def _dropped(match: DirectiveMatch, kind: str, own: Sequence[ParsedDirective]) -> tuple[ParsedDirective, ...]:
    """Return the outer lines whose names no inner line has."""
    levels = [match.top, *(each.block or () for each in match.chain)]
    outer = next((held for level in reversed(levels) if (held := match.levels.named(level, kind))), ())
    names = {each.arg().lower() for each in own}
    if kind == "uwsgi_param" and "request_method" not in names:
        return ()  # N001 tells that nothing of uwsgi_params is left
    return tuple(each for each in outer if each.arg().lower() not in names)


def _diagnostic(kind: str, own: ParsedDirective, dropped: Sequence[ParsedDirective]) -> Diagnostic:
    names = tuple(dict.fromkeys(each.arg() for each in dropped))
    harmful = tuple(name for name in names if _severity(kind, name) == "warning")
    listed = ", ".join((*harmful, *(name for name in names if name not in harmful))[:4])
    first = next((each for each in dropped if each.arg() in harmful), dropped[0])
    return at_directive(
        own,
        f"this {kind} drops those from further out: {listed} does not hold here"
        if len(names) == 1
        else f"this {kind} drops those from further out: {listed} do not hold here",
        -1,
        severity="warning" if harmful else "advice",
        hint=f"{kind} {' '.join(_quoted(arg) for arg in first.args)};  beside it, with the others of that level",
        fix=by_hand(f"repeat the {kind} lines of the outer level here"),
        evidence=(f"{first.file}:{first.line}: {kind} {first.arg()}",),
    )


def _quoted(arg: str) -> str:
    return f'"{arg}"' if not arg or any(char in arg for char in " ;{}\"'") else arg


def _severity(kind: str, name: str) -> Severity:
    if kind == "add_header":
        return "warning" if name.lower() in _GUARDS else "advice"
    if kind == "proxy_set_header":
        return "warning" if name.lower() in _FACTS else "advice"
    return "warning" if kind == "uwsgi_param" else "advice"


RULE = Rule("N065", "inherited-lines-dropped", "warning", check)
