"""A Django project that collects its static files in another folder than the one that nginx serves."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, Pass, PythonServer
from enuf.doctor.facts.django import django_setting
from enuf.doctor.facts.django_static import static_root
from enuf.doctor.facts.nginx import is_template
from enuf.doctor.rule import Diagnostic, Rule, at_node, by_hand
from enuf.syntax.nginx_tree import ParsedDirective

_PLAIN = ("", "^~", "=")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every STATIC_ROOT of a project of the host beside whose site another folder stands at STATIC_URL."""
    for pair in evidence.app_pairs:
        if pair.server.start.kind not in ("unit", "supervisor") or pair.server.in_container:
            continue
        url = django_setting(evidence, pair.server, "STATIC_URL")
        root = static_root(evidence, pair.server)
        if root is None or url is None or not isinstance(url.value, str) or "//" in url.value:
            continue
        python_file, node, collected = root
        served = _served(evidence, pair.site_pass, f"/{url.value.strip('/')}/")
        if served is None or served[1] == collected or _is_copied(evidence, pair.server, served[1]):
            continue
        yield at_node(
            python_file.path,
            node,
            f"collectstatic writes to {collected}, and nginx serves {served[1]}: static files are missing",
            hint=f"alias {collected}/;",
            fix=by_hand("write one folder into both files"),
            evidence=(f"{served[0].file}:{served[0].line}",),
        )


def _served(evidence: Evidence, site_pass: Pass, url: str) -> tuple[ParsedDirective, str] | None:
    """Return the directive that names the folder at a URL in the site of a pass, and the folder."""
    server = site_pass.match.around("server")
    if server is None or is_template(evidence, server.file):
        return None
    for location in server.block or ():
        if location.name != "location" or f"{location.args[-1].rstrip('/')}/" != url:
            continue
        modifier = location.args[0] if len(location.args) > 1 else ""
        for each in location.block or () if modifier in _PLAIN else ():
            path = each.arg()
            if each.name in ("alias", "root") and path.startswith("/") and "$" not in path:
                return each, posixpath.normpath(path if each.name == "alias" else f"{path}/{url}")
    return None


def _is_copied(evidence: Evidence, server: PythonServer, folder: str) -> bool:
    """Return True if a script or an image names the folder that nginx serves: the files may be copied or linked there."""
    return any(folder in file.text for file in evidence.of_kind("script", "dockerfile")) or server.dev


RULE = Rule("A040", "static-root-elsewhere", "warning", check)
