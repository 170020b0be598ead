"""A private key that visitors can fetch, that every user can read, or that nginx cannot."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.host import ENTER, READ, ROOT_USERS
from enuf.doctor.facts.served import served_folders
from enuf.doctor.rule import Diagnostic, Rule, at_directive, by_hand
from enuf.syntax.nginx_tree import NginxConfig, ParsedDirective

_FOLDER = "/etc/ssl/private"


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report each key that a site names and that lies in a served folder or has the wrong rights."""
    for site in evidence.sites:
        named = {match.directive.arg(): match.directive for match in site.find("ssl_certificate_key")}
        for path, directive in named.items():
            if path.startswith("/") and "$" not in path:
                yield from _of_key(evidence, site, posixpath.normpath(path), directive)


def _of_key(
    evidence: Evidence, site: NginxConfig, path: str, directive: ParsedDirective
) -> Iterator[Diagnostic]:
    fact, user = evidence.fact(path), _started_as(evidence)
    moved = by_hand(f"move the key to {_FOLDER}, and make a new one: this one is no secret any more")
    if folder := _served_in(site, path):
        yield at_directive(
            directive,
            f"the private key lies in {folder}, which nginx serves: anyone can fetch it",
            hint=f"ssl_certificate_key {_FOLDER}/{posixpath.basename(path)};",
            fix=moved,
        )
    elif fact.mode is not None and fact.mode & READ and _open_above(evidence, path):
        yield at_directive(
            directive,
            "every user of this machine can read the private key",
            severity="warning",
            hint=f"chmod o= {path}",
            fix=by_hand(f"chmod o= {path}"),
        )
    elif user and fact.mode is not None and fact.owner != user and not fact.mode & 0o044:
        yield at_directive(
            directive,
            f"nginx is started as {user}, and {fact.owner} alone may read this key: nginx does not start",
            hint=f"chown {user} {path}; or let nginx start as root: its workers are another user's anyway",
            fix=by_hand("let root start nginx, or give the key to the user who does"),
        )


def _served_in(site: NginxConfig, path: str) -> str:
    """Return the served folder in which the file can be fetched; empty where there is none."""
    for served in served_folders(site):
        start = f"{served.folder.rstrip('/')}/"
        if path.startswith(start) and served.denying.reachable((path.removeprefix(start),), served.prefix):
            return served.folder
    return ""


def _open_above(evidence: Evidence, path: str) -> bool:
    """Return True if everybody may enter all folders above, as far as their rights are known."""
    folder = posixpath.dirname(path)
    while folder != "/":
        mode = evidence.fact(folder).mode
        if mode is None or not mode & ENTER:
            return False
        folder = posixpath.dirname(folder)
    return True


def _started_as(evidence: Evidence) -> str:
    """Return the user of the unit that starts nginx; empty for root, and where no unit names one."""
    for unit in evidence.units:
        program = unit.value("ExecStart").lstrip("-@+!:").split(" ")[0]
        user = unit.value("User")
        if posixpath.basename(program) == "nginx" and user and user not in ROOT_USERS:
            return user
    return ""


RULE = Rule("S018", "private-key-exposed", "error", check)
