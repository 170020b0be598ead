"""A `try_files $uri` without a root: nginx looks in its own html folder (F171)."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.containers import images_of, nginx_package
from enuf.doctor.facts.nginx import has_unseen_include, is_complete_site, is_template
from enuf.doctor.rule import Diagnostic, Rule, at_directive, by_hand


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every try_files that looks for the requested file while neither root nor alias is in force."""
    for site in evidence.sites:
        if not is_complete_site(site):
            continue
        for match in site.find("try_files"):
            tried = match.directive.args[:-1]
            rooted = match.inherited("root") or match.inherited("alias")
            if rooted or not match.chain or not any(arg.startswith("$uri") for arg in tried):
                continue
            if has_unseen_include(site, match.directive.file) or is_template(evidence, match.directive.file):
                continue
            packages = {nginx_package(machine) for machine in images_of(evidence, site)}
            if packages == {"nginx.org"}:
                continue  # its prefix is /etc/nginx, where no html folder is
            yield at_directive(
                match.directive,
                "try_files without a root looks into nginx's own html folder: /index.html shows "
                "the welcome page instead of the app",
                severity="advice" if packages and not packages & {"debian", "alpine"} else None,
                hint="drop try_files and pass everything on: location / { include uwsgi_params; uwsgi_pass ...; }",
                fix=by_hand("drop try_files, or name a root that holds public files only"),
            )


RULE = Rule("N004", "try-files-no-root", "warning", check)
