"""A Django project that collects its static files in another folder than the one that nginx serves."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, PythonServer
from enuf.doctor.facts.django_static import path_of_static_url, served_at, static_root
from enuf.doctor.rule import Diagnostic, Rule, at_node, by_hand

_LINE_LIMIT = 2000


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
        if served is None or served[1] == collected or _are_of_two_homes(served[1], collected):
            continue
        if _is_copied(evidence, pair.server, served[1]):
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
    above = posixpath.dirname(folder)
    copied = re.compile(rf"\b(?:cp|rsync|mv|ln)\b.*\s{re.escape(above)}/?(?:\s|$)", re.MULTILINE)
    scripts = list(evidence.of_kind("script", "dockerfile"))
    return server.dev or any(
        folder in each.text
        or any(len(line) < _LINE_LIMIT and copied.search(line) for line in each.text.splitlines())
        for each in scripts
    )


def _are_of_two_homes(one: str, other: str) -> bool:
    """Return True for the same folder in the homes of two users: one of both files may be of another machine."""
    homes = [re.match(r"/home/([^/]+)(/.+)", each) for each in (one, other)]
    return bool(homes[0] and homes[1]) and homes[0][2] == homes[1][2]  # type: ignore[index]


RULE = Rule("A040", "static-root-elsewhere", "warning", check)
