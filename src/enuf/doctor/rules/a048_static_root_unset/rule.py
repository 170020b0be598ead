"""A Django project without STATIC_ROOT whose static files nginx is to serve: nobody can collect them."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.django import django_setting
from enuf.doctor.facts.django_static import style_of_admin
from enuf.doctor.facts.location_choice import LocationChoice, passes_on
from enuf.doctor.facts.nginx import directives_in, is_template
from enuf.doctor.facts.server_machines import server_passes
from enuf.doctor.rule import Diagnostic, Rule, at_node, by_hand


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every project with the admin whose STATIC_URL nginx serves from a folder, and that names no STATIC_ROOT."""
    texts = [each.text for each in evidence.python_files]
    if any("STATIC_ROOT" in text for text in texts) or not any("admin.site.urls" in text for text in texts):
        return
    seen: set[int] = set()
    for server, site_pass in server_passes(evidence):
        url = django_setting(evidence, server, "STATIC_URL")
        block = site_pass.match.around("server")
        if url is None or not isinstance(url.value, str) or "//" in url.value or block is None:
            continue
        choice = LocationChoice(block)
        chosen = choice.chosen(style_of_admin(url.value)) if choice.is_known else None
        is_folder = chosen is not None and chosen.args[-1] != "/" and directives_in(chosen, "alias", "root")
        if not chosen or not is_folder or passes_on(chosen) or is_template(evidence, chosen.file):
            continue
        if id(url.node) not in seen:
            seen.add(id(url.node))
            yield at_node(
                url.python_file.path,
                url.node,
                f"no setting STATIC_ROOT: collectstatic has no folder to write to, and nginx finds no styles of the admin in "
                f"{directives_in(chosen, 'alias', 'root')[-1].arg()}",
                hint='STATIC_ROOT = BASE_DIR / "staticfiles"',
                fix=by_hand(
                    "name STATIC_ROOT, collect the files, and let the location of nginx serve that folder"
                ),
                evidence=(f"{chosen.file}:{chosen.line}: location {chosen.args[-1]}",),
            )


RULE = Rule("A048", "static-root-unset", "warning", check)
