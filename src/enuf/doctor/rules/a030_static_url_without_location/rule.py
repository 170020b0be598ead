"""A Django project that links its files below another path than the one that nginx serves."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import AnyServer, Evidence, Pass, Server
from enuf.doctor.facts.django import DjangoSetting, django_setting
from enuf.doctor.facts.django_static import SERVES_FILES, files_elsewhere
from enuf.doctor.facts.location_choice import location_path
from enuf.doctor.rule import Diagnostic, Rule, at_node, by_hand
from enuf.syntax.nginx_tree import ParsedDirective


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every literal STATIC_URL whose requests nginx hands to the app, although it serves files elsewhere."""
    if any(sign in each.text for each in evidence.python_files for sign in SERVES_FILES):
        return
    pairs: list[tuple[Pass, AnyServer]] = [(pair.site_pass, pair.server) for pair in evidence.pairs]
    pairs += [(pair.site_pass, pair.server) for pair in evidence.app_pairs]
    reported: set[int] = set()
    for site_pass, server in pairs:
        setting = django_setting(evidence, server, "STATIC_URL")
        if setting is None or id(setting.node) in reported or _serves_itself(server):
            continue
        served = files_elsewhere(evidence, site_pass, setting)
        if served is not None:
            reported.add(id(setting.node))
            yield _diagnostic(setting, served)


def _diagnostic(setting: DjangoSetting, served: ParsedDirective) -> Diagnostic:
    return at_node(
        setting.python_file.path,
        setting.node,
        f"pages link their files below {setting.value}, and nginx serves {location_path(served)}: styles and scripts "
        "are not found",
        hint=f'STATIC_URL = "{location_path(served)}"',
        fix=by_hand("let STATIC_URL and the location of nginx agree"),
        evidence=(f"{served.file}:{served.line}: location {location_path(served)}",),
    )


def _serves_itself(server: AnyServer) -> bool:
    """Return True if uWSGI serves files itself."""
    return (
        isinstance(server, Server)
        and server.config.last("static-map", "static-map2", "check-static") is not None
    )


RULE = Rule("A030", "static-url-without-location", "warning", check)
