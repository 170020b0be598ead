"""A Django project with the admin whose static files nobody serves: nginx passes their URL to the app server."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, Pass
from enuf.doctor.facts.app_servers import app_kind
from enuf.doctor.facts.django import django_setting
from enuf.doctor.facts.django_static import SERVES_FILES, files_elsewhere, style_of_admin
from enuf.doctor.facts.location_choice import LocationChoice
from enuf.doctor.facts.nginx import is_template
from enuf.doctor.rule import Diagnostic, Rule, at_directive

_SERVED = re.compile(
    "|".join(map(re.escape, SERVES_FILES))
    + r"|\bstatic\(\s*(?:settings\.)?STATIC_URL|storages\.backends|\bCling\(|StaticFiles\(",
    re.IGNORECASE,
)
"""What serves the files from the app, or from another machine."""


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every pass to such a project that is chosen for the files of the admin too."""
    if not _has_admin(evidence) or _is_served(evidence):
        return
    seen: set[int] = set()
    for pair in evidence.app_pairs:
        server, site_pass = pair.server, pair.site_pass
        if id(site_pass.match.directive) in seen or server.dev or is_template(evidence, site_pass.site.file):
            continue
        url = django_setting(evidence, server, "STATIC_URL")
        if url is None or not isinstance(url.value, str) or "//" in url.value or not app_kind(server):
            continue
        path = style_of_admin(url.value)
        if not _is_passed_on(site_pass, path) or files_elsewhere(evidence, site_pass, url):
            continue  # A030 reports a location for another path
        seen.add(id(site_pass.match.directive))
        folder = path.removesuffix("admin/css/base.css")
        yield at_directive(
            site_pass.match.directive,
            f"nobody serves {folder}: nginx passes these requests on, and {server.program} has no static files: "
            "the admin has no styles",
            hint=f"location {folder} {{ alias /path/of/STATIC_ROOT/; }}, or WhiteNoise in MIDDLEWARE",
            evidence=(f"{url.python_file.path}:{url.node.lineno}: STATIC_URL",),
        )


def _is_passed_on(site_pass: Pass, path: str) -> bool:
    """Return True if nginx chooses the location of the pass for the path, and looks for no file first."""
    server, location = site_pass.match.around("server"), site_pass.match.around("location")
    if server is None or location is None or site_pass.match.inherited("try_files"):
        return False
    return LocationChoice(server).chosen(path) is location


def _has_admin(evidence: Evidence) -> bool:
    return any("admin.site.urls" in each.text for each in evidence.python_files)


def _is_served(evidence: Evidence) -> bool:
    texts = [each.text for each in evidence.python_files]
    texts += [file.text for file in evidence.of_kind("packages")]
    return any(_SERVED.search(text) for text in texts)


RULE = Rule("A041", "static-files-of-nobody", "warning", check)
