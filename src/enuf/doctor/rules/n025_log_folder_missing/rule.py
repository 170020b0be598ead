"""A log of nginx in a folder that is not there: nginx does not start, with all its sites."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.host import is_missing
from enuf.doctor.rule import Diagnostic, Rule, at_directive, by_hand

_OF_THIS_HOST = ("/etc/nginx/", "/usr/local/etc/nginx/", "/opt/homebrew/etc/nginx/", "/usr/local/nginx/conf/")
"""Folders whose sites are those of this machine; other files may be meant for another one."""


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every log whose folder is missing, once for each folder."""
    seen = set[str]()
    for site in evidence.sites:
        if not site.file.startswith(_OF_THIS_HOST):
            continue
        for match in site.find("access_log", "error_log"):
            path = match.directive.arg()
            folder = posixpath.dirname(posixpath.normpath(path))
            if not path.startswith("/") or "$" in path or folder in seen or not is_missing(evidence, folder):
                continue
            seen.add(folder)
            yield at_directive(
                match.directive,
                f"there is no folder {folder}: nginx does not start again, and all sites of this host are down then",
                hint=f"sudo mkdir {folder}, or a log directly in {posixpath.dirname(folder)}",
                fix=by_hand(f"make the folder: mkdir {folder}"),
            )


RULE = Rule("N025", "log-folder-missing", "warning", check)
