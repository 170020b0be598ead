"""`emperor-tyrant`, which starts a vassal as the owner of its file, and no file of root's at all."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, Server
from enuf.doctor.facts.host import ROOT_USERS
from enuf.doctor.rule import Diagnostic, Rule, at_config, at_key
from enuf.syntax.uwsgi_config import ParsedOption


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every emperor in tyrant mode with vassals of root, or without the right to become their owners."""
    for server in evidence.servers:
        tyrant = server.config.last("emperor-tyrant")
        if tyrant is None or not tyrant.is_on or tyrant.conditional:
            continue
        yield from _powerless(server, tyrant)
        of_root = tuple(_of_root(evidence, server))
        for vassal, owner in of_root:
            yield at_config(
                vassal.config,
                f"the tyrant starts a vassal as the owner of its file, and this one belongs to {owner}: "
                "`invalid permissions for vassal`, and it never starts",
                hint=f"chown www-data:www-data {vassal.config.main_file}",
                severity="error",
            )
        if not of_root:
            yield at_key(
                tyrant,
                "the tyrant starts no vassal whose file belongs to root, or to root's group: files that are copied with sudo do",
                severity="advice",
                hint="chown www-data:www-data on each file of a vassal, or leave emperor-tyrant out and set uid and gid there",
            )


def _powerless(server: Server, tyrant: ParsedOption) -> Iterator[Diagnostic]:
    uid = server.config.last("uid")
    if uid is None or uid.unresolved or uid.value in ROOT_USERS or not server.config.is_complete:
        return
    if any("setuid" in option.value for option in server.config.all("cap")):
        return
    yield at_key(
        tyrant,
        f"as {uid.value} the emperor may not become another user: vassals of other owners are started and end, again and again",
        hint="cap = setgid,setuid",
    )


def _of_root(evidence: Evidence, emperor: Server) -> Iterator[tuple[Server, str]]:
    """Yield the vassals whose files belong to root, in the emperor's own folders on this machine."""
    folders = {option.value.partition("*")[0].rstrip("/") for option in emperor.config.all("emperor")}
    for server in evidence.servers:
        path = server.config.main_file
        fact = evidence.fact(path)
        if posixpath.dirname(path) in folders and fact.owner in ROOT_USERS:
            yield server, fact.owner


RULE = Rule("U060", "tyrant-needs-owners", "warning", check)
