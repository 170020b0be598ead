"""Configurations of uWSGI that nothing starts, in projects whose image starts another program."""

from __future__ import annotations

import posixpath

from enuf.doctor.evidence import Evidence
from enuf.doctor.machine import Container

_KINDS = ("script", "dockerfile", "compose", "unit", "supervisor", "procfile", "kubernetes", "other")
_NO_STARTS = (".txt", ".md", ".rst", ".toml", ".lock")
_OPEN_ENDED = ("sh", "bash", "make", "tini", "dumb-init", "supervisord", "docker-entrypoint")


def is_unstarted(evidence: Evidence, path: str) -> bool:
    """Return True for a configuration of uWSGI whose project has an image that starts something else.

    No other file may speak of uWSGI: what a host starts by hand is not among the files.
    """
    here = [server for server in evidence.servers if path in server.config.files]
    if not here or any(server.start or server.emperor for server in here):
        return False
    folder = posixpath.dirname(path)
    images = [
        each for each in evidence.machines if folder.startswith(posixpath.dirname(each.dockerfile or "/-"))
    ]
    return any(map(_starts_another_program, images)) and not _speakers(evidence) - {path}


def _speakers(evidence: Evidence) -> frozenset[str]:
    """Return the files that may start uWSGI, because their texts name uWSGI."""
    known = evidence.index.speakers_of_uwsgi
    if known is None:
        known = evidence.index.speakers_of_uwsgi = frozenset(
            file.path
            for file in evidence.of_kind(*_KINDS)
            if not file.path.endswith(_NO_STARTS) and "uwsgi" in file.text.lower()
        )
    return known


def _starts_another_program(machine: Container) -> bool:
    program = posixpath.basename(machine.command[0]) if machine.command else ""
    return bool(program) and program not in _OPEN_ENDED and not program.endswith(".sh")
