"""A site that `enuf install` made, and that the host's nginx does not serve."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.host import is_missing
from enuf.doctor.rule import Diagnostic, Rule, at_line, by_hand


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every installed site whose link for nginx is gone."""
    for link in evidence.site_links:
        if is_missing(evidence, link.path):
            yield at_line(
                link.file,
                1,
                f"the site {link.site} is installed, and {link.path} is gone: nginx does not serve the site once it reads its files again",
                hint=f"sudo ln -s {link.file} {link.path} && sudo nginx -t && sudo systemctl reload nginx",
                fix=by_hand("make the link again, or take the site back: enuf uninstall"),
            )


RULE = Rule("S019", "site-not-in-force", "error", check)
