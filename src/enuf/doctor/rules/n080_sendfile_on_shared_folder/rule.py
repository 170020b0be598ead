"""`sendfile` for files in a folder that a virtual machine shares with its host: browsers get old or broken files."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.rule import Diagnostic, Rule, at_directive, by_hand

_SHARED = ("/vagrant/", "/media/sf_", "/mnt/hgfs/")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every root and alias in a shared folder while sendfile is not off."""
    for site in evidence.sites:
        for match in site.find("root", "alias"):
            path = f"{match.directive.arg().rstrip('/')}/"
            if path.startswith(_SHARED) and match.value("sendfile") != "off":
                yield at_directive(
                    match.directive,
                    "a folder that VirtualBox or VMware shares: with sendfile, which the packages' nginx.conf turns on, browsers "
                    "get old or broken files after a change",
                    hint="sendfile off;",
                    fix=by_hand("add `sendfile off;` to the server block"),
                )
                return


RULE = Rule("N080", "sendfile-on-shared-folder", "advice", check)
