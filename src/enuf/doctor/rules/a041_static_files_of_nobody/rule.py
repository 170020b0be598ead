"""A Django project with the admin whose static files nobody serves: nginx passes their URL to the app server."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.evidence import AnyServer, Evidence, Pass, PythonServer
from enuf.doctor.facts.app_servers import app_kind
from enuf.doctor.facts.django import django_setting
from enuf.doctor.facts.django_static import SERVES_FILES, files_elsewhere, style_of_admin
from enuf.doctor.facts.location_choice import LocationChoice, passes_on
from enuf.doctor.facts.nginx import directives_in, is_template
from enuf.doctor.facts.server_machines import server_passes
from enuf.doctor.facts.workers import program_name
from enuf.doctor.rule import Diagnostic, Rule, at_directive
from enuf.syntax.nginx_tree import ParsedDirective

_SERVED = re.compile(
    "|".join(map(re.escape, SERVES_FILES))
    + r"|\bstatic\(\s*(?:settings\.)?STATIC_URL|storages\.backends|\bCling\(|StaticFiles\(",
    re.IGNORECASE,
)
"""What serves the files from the app, or from another machine."""


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every pass to such a project that is chosen for the files of the admin too."""
    if not _has_admin(evidence):
        return
    seen: set[int] = set()
    for server, site_pass in server_passes(evidence):
        if id(site_pass.match.directive) in seen or is_template(evidence, site_pass.site.file):
            continue
        url = django_setting(evidence, server, "STATIC_URL")
        if (
            url is None
            or not isinstance(url.value, str)
            or "//" in url.value
            or not _serves_pages_alone(server)
        ):
            continue
        path = style_of_admin(url.value)
        if not _is_passed_on(site_pass, path) or files_elsewhere(evidence, site_pass, url):
            continue  # A030 reports a location for another path
        if _is_served_in_front(evidence, path):
            continue
        if _is_served(evidence):
            return  # asked last, because all sources are searched
        seen.add(id(site_pass.match.directive))
        folder = path.removesuffix("admin/css/base.css")
        yield at_directive(
            site_pass.match.directive,
            f"nobody serves {folder}: nginx passes these requests on, and {program_name(server)} has no static files: "
            "the admin has no styles",
            hint=f"location {folder} {{ alias /path/of/STATIC_ROOT/; }}, or WhiteNoise in MIDDLEWARE",
            evidence=(f"{url.python_file.path}:{url.node.lineno}: STATIC_URL",),
        )


def _serves_pages_alone(server: AnyServer) -> bool:
    """Return True for a server of a known app, without files of its own, that is no one for development."""
    if isinstance(server, PythonServer):
        return not server.dev and app_kind(server) != ""
    names = server.config.names
    return any("get_wsgi_application" in each.text for each in server.python_files) and not any(
        name.startswith(("static", "check-static", "route", "mountpoint", "plugin-static")) for name in names
    )


def _is_passed_on(site_pass: Pass, path: str) -> bool:
    """Return True if nginx chooses the location of the pass for the path, and looks for no file first."""
    server, location = site_pass.match.around("server"), site_pass.match.around("location")
    if server is None or location is None:
        return False
    chosen = LocationChoice(server).chosen(path)
    if location.arg().startswith("@"):
        return chosen is not None and _finds_no_file(site_pass, chosen, location.arg())
    return chosen is location and not site_pass.match.inherited("try_files")


def _is_served_in_front(evidence: Evidence, path: str) -> bool:
    """Return True if a location of any server block serves the files: it may stand in front of the one that passes."""
    for site in evidence.sites:
        for match in site.servers():
            chosen = LocationChoice(match.directive).chosen(path)
            if (
                chosen
                and chosen.args[-1] != "/"
                and directives_in(chosen, "alias", "root")
                and not passes_on(chosen)
            ):
                return True
    return False


def _finds_no_file(site_pass: Pass, chosen: ParsedDirective, name: str) -> bool:
    """Return True if try_files of a location looks into a folder that nginx's container lacks, and then passes on."""
    tries = directives_in(chosen, "try_files")
    server = site_pass.match.around("server")
    roots = [*directives_in(chosen, "root"), *directives_in(server, "root")]
    folder = roots[0].arg() if roots else ""
    if (
        not tries
        or tries[-1].args[-1] != name
        or directives_in(chosen, "alias")
        or not folder.startswith("/")
    ):
        return False
    return (
        bool(site_pass.machines)
        and not folder.startswith(("/usr", "/etc", "/var/lib"))
        and not any(
            machine.places.source(folder)
            or any(place.target.startswith(folder) for place in machine.places.places)
            for machine in site_pass.machines
        )
    )


def _has_admin(evidence: Evidence) -> bool:
    return any("admin.site.urls" in each.text for each in evidence.python_files)


def _is_served(evidence: Evidence) -> bool:
    texts = [each.text for each in evidence.python_files]
    texts += [file.text for file in evidence.of_kind("packages")]
    return any(_SERVED.search(text) for text in texts)


RULE = Rule("A041", "static-files-of-nobody", "warning", check)
