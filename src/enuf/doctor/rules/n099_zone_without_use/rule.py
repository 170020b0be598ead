"""Shared zones for limits and caches that nothing uses, or that nothing defines."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.nginx import is_template
from enuf.doctor.rule import Diagnostic, Rule, at_directive, by_hand
from enuf.syntax.nginx_tree import NginxConfig, ParsedDirective

_LIMITS = {"limit_req_zone": "limit_req", "limit_conn_zone": "limit_conn"}
_CACHES = {"proxy_cache_path": "proxy_cache", "uwsgi_cache_path": "uwsgi_cache"}
_USES = {**_LIMITS, **_CACHES}


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report zones without a use in a configuration that is here as a whole, and uses without a zone."""
    used = {
        (match.directive.name, _zone_of_use(match.directive))
        for site in evidence.sites
        for match in site.find(*_USES.values())
    }
    for site in evidence.sites:
        defined = [(match.directive, _USES[match.directive.name]) for match in site.find(*_USES)]
        for directive, use in defined:
            zone = _zone(directive)
            if (
                zone
                and (use, zone) not in used
                and _is_whole(site)
                and not is_template(evidence, directive.file)
            ):
                yield at_directive(
                    directive,
                    f"nothing uses the zone {zone}: without {use} this line has no effect",
                    hint=_use(use, zone),
                    fix=by_hand(f"write {use} into the location that it is for, or remove the line"),
                )
        yield from _undefined(evidence, site, {(use, _zone(directive)) for directive, use in defined})


def _undefined(evidence: Evidence, site: NginxConfig, defined: set[tuple[str, str]]) -> Iterator[Diagnostic]:
    if site.context != "main" or not _is_whole(site):
        return
    for match in site.find(*_USES.values()):
        directive, zone = match.directive, _zone_of_use(match.directive)
        if zone in ("", "off") or "$" in zone or (directive.name, zone) in defined:
            continue
        if not is_template(evidence, directive.file):
            yield at_directive(
                directive,
                f"nginx does not start: no line defines the zone {zone}",
                severity="error",
                hint=f"define {zone} in the http block",
                fix=by_hand("define the zone"),
            )


def _use(use: str, zone: str) -> str:
    words = {"limit_req": (use, f"zone={zone}"), "limit_conn": (use, zone, "10")}.get(use, (use, zone))
    return f"{' '.join(words)};"


def _is_whole(site: NginxConfig) -> bool:
    """Return True if every include was read, so that nothing else can use or define a zone."""
    return all(each.files or each.assumed for each in site.includes)


def _zone(directive: ParsedDirective) -> str:
    """Return the name of the zone that a line defines."""
    held = [arg for arg in directive.args if arg.startswith(("zone=", "keys_zone="))]
    return held[0].partition("=")[2].partition(":")[0] if held else ""


def _zone_of_use(directive: ParsedDirective) -> str:
    """Return the name of the zone that a line uses."""
    if directive.name == "limit_req":
        return next((arg[5:] for arg in directive.args if arg.startswith("zone=")), "")
    return directive.arg()


RULE = Rule("N099", "zone-without-use", "warning", check)
