"""A vassal under a name that the emperor passes by."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, Server
from enuf.doctor.read.vassals import is_watched
from enuf.doctor.rule import Diagnostic, Rule, at_config

_SUFFIXES = (".ini", ".xml", ".yml", ".yaml", ".json", ".js", ".lua", ".pl", ".rb")

_SET_ASIDE = (
    ".skel",
    ".example",
    ".sample",
    ".template",
    ".tmpl",
    ".tpl",
    ".dist",
    ".bak",
    ".orig",
    ".old",
    ".off",
    ".disabled",
    ".default",
)
"""Suffixes of files that nobody wants started."""


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every uWSGI file in an emperor's folder whose suffix no vassal has."""
    for emperor in evidence.servers:
        config = emperor.config
        more = tuple(option.value for option in config.all("emperor-extra-extension"))
        for option in config.all("emperor"):
            for server in evidence.servers if not option.unresolved else ():
                path = server.config.main_file
                if (
                    server is emperor
                    or path.endswith((*_SUFFIXES, *more))
                    or not is_watched(path, option.value)
                ):
                    continue
                if not _is_plain_file(server):
                    continue
                yield at_config(
                    server.config,
                    f"the emperor takes files by their suffix, and passes {posixpath.basename(path)} by: this app is never started",
                    hint=f"mv {posixpath.basename(path)} {posixpath.basename(path).rpartition('.')[0] or 'app'}.ini",
                    evidence=(f"{option.written.file}:{option.written.line}: emperor = {option.value}",),
                )


def _is_plain_file(server: Server) -> bool:
    """Return True for an ini file that holds the app itself and that no start names."""
    return (
        server.start is None
        and server.has_app
        and posixpath.basename(server.config.main_file).count(".") == 1
        and not server.config.main_file.endswith(_SET_ASIDE)
    )


RULE = Rule("U061", "vassal-not-started", "error", check)
