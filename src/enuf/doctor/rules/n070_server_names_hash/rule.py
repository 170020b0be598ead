"""A server name that is too long for nginx's table of names: it does not start."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.nginx import directives_in
from enuf.doctor.facts.secure_listens import addresses_in_use
from enuf.doctor.rule import Diagnostic, Rule, at_directive
from enuf.model.numbers import decimal
from enuf.syntax.nginx_tree import DirectiveMatch, ParsedDirective

_USUAL_BUCKET = 64
_POINTER = 8


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every name that fits no bucket, in a server that shares its address with another one."""
    seen: set[int] = set()
    whole = {site.file for site in evidence.sites if site.context == "main"}
    for use in addresses_in_use(evidence):
        for match, _ in use.servers if len({id(each.directive) for each, _ in use.servers}) > 1 else ():
            longest = _longest(match.directive)
            if longest is None or id(longest[0]) in seen:
                continue
            directive, index = longest
            needed = _needed(directive.args[index])
            bucket = _bucket(match)
            if needed <= bucket:
                continue
            seen.add(id(directive))
            right = next(size for size in (64, 128, 256, 512) if size >= needed)
            yield at_directive(
                directive,
                f"a name of {len(directive.args[index])} characters needs more than the {bucket} bytes of "
                "server_names_hash_bucket_size: nginx does not start",
                index,
                severity=None if whole else "warning",
                hint=f"server_names_hash_bucket_size {right};  in http {{ }}",
            )


def _longest(server: ParsedDirective) -> tuple[ParsedDirective, int] | None:
    names = [
        (len(name.removeprefix(".").removeprefix("*.")), each, index)
        for each in directives_in(server, "server_name")
        for index, name in enumerate(each.args)
        if not name.startswith("~") and "$" not in name and "{" not in name
    ]
    best = max(names, key=lambda each: each[0], default=None)
    return (best[1], best[2]) if best else None


def _needed(name: str) -> int:
    """Return the bytes of a bucket with this name alone, on a machine of 64 bits."""
    length = len(name.removeprefix(".")) + 2
    return 2 * _POINTER + -(-length // _POINTER) * _POINTER


def _bucket(match: DirectiveMatch) -> int:
    return decimal(match.value("server_names_hash_bucket_size"), 6) or _USUAL_BUCKET


RULE = Rule("N070", "server-names-hash", "error", check)
