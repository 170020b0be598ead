"""A Django project that collects its static files in another folder than the one that nginx serves."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, PythonServer
from enuf.doctor.facts.django_static import path_of_static_url, served_at, static_root
from enuf.doctor.rule import Diagnostic, Rule, at_node, by_hand


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every STATIC_ROOT of a project of the host beside whose site another folder stands at STATIC_URL."""
    for pair in evidence.app_pairs:
        if pair.server.start.kind not in ("unit", "supervisor") or pair.server.in_container:
            continue
        url = path_of_static_url(evidence, pair.server)
        root = static_root(evidence, pair.server)
        if root is None or not url:
            continue
        python_file, node, collected = root
        served = served_at(evidence, pair.site_pass, url)
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


def _is_copied(evidence: Evidence, server: PythonServer, folder: str) -> bool:
    """Return True if a script or an image names the folder that nginx serves: the files may be copied or linked there."""
    return any(folder in file.text for file in evidence.of_kind("script", "dockerfile")) or server.dev


RULE = Rule("A040", "static-root-elsewhere", "warning", check)
