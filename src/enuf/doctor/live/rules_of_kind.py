"""The rules that can find something in the files of a stack: importing a rule takes longer than running it. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from enuf.doctor.evidence import Evidence

_PLAIN_KINDS = ("nginx", "python", "uwsgi-ini", "uwsgi-xml", "uwsgi-yaml", "uwsgi-json")
"""Files that neither containers nor service managers are described in."""


def rules_of_kind(codes: Iterable[str], files: Evidence) -> list[str]:
    """Return the codes without those whose servers and containers the files do not describe."""
    absent = _absent_letters(files)
    return [code for code in codes if code[0] not in absent]


def _absent_letters(files: Evidence) -> frozenset[str]:
    """Return the letters of the rules that have nothing to look at: C and K for containers, G for gunicorn, U for uWSGI."""
    if files.unread or any(file.kind not in _PLAIN_KINDS for file in files.files):
        return frozenset()
    has_uwsgi = any(file.kind.startswith("uwsgi-") for file in files.files) or bool(files.servers)
    absent = {"C", "K"} if not (files.machines or files.services or files.pods) else set()
    if files.starts:
        return frozenset(absent)
    return frozenset(absent | (set() if files.app_servers else {"G"}) | (set() if has_uwsgi else {"U"}))
