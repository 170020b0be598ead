"""nginx hands out files from the folder that holds the source, the settings and the secrets (F170)."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.served import Served, names_in, served_folders
from enuf.doctor.rule import Rule, Sign, at_directive, by_hand

_SECRET = (".git", ".hg", ".svn", ".env", ".htpasswd")
_SOURCE = (".py", ".ini", ".env", ".sqlite3", ".db", ".pem", ".key")


def check(evidence: Evidence) -> Iterator[Sign]:
    """Every served folder that has source, settings or a repository in it, or is the app's own folder."""
    apps = _app_folders(evidence)
    for site in evidence.sites:
        for served in served_folders(site):
            held = _told(evidence, served)
            certain = bool(held) and (served.prefix == "/" or served.folder in apps)
            if not certain and served.folder not in apps:
                continue
            shown = held or apps[served.folder]
            if not shown:
                continue
            yield at_directive(
                served.directive,
                f"anyone can download {', '.join(shown[:4])}: nginx hands out every file in {served.folder}",
                severity=None if certain else "warning",
                hint="serve one folder of public files: location /static/ { alias .../static/; }",
                fix=by_hand("serve a folder that holds public files only"),
            )


def _told(evidence: Evidence, served: Served) -> tuple[str, ...]:
    """The names in the folder that nobody should fetch, the worst first."""
    names = names_in(evidence, served.folder)
    secret = [name for name in names if name in _SECRET]
    source = [name for name in names if name.endswith(_SOURCE) and name not in secret]
    return served.kept_back.reachable((*secret, *source), served.prefix)


def _app_folders(evidence: Evidence) -> dict[str, tuple[str, ...]]:
    """The folders that apps are loaded from as the configurations name them, with a file that must be in there."""
    folders: dict[str, tuple[str, ...]] = {}
    for server in evidence.servers:
        for target in server.targets:
            if target.program and not target.guessed:
                folder, _, name = target.program.path.rpartition("/")
                folders[folder] = (name,)
            elif not server.directory_known or "." in target.module:
                continue
            elif target.file:
                path = posixpath.normpath(posixpath.join(server.directory, target.file))
                folders[posixpath.dirname(path)] = (posixpath.basename(path),)
            elif target.module and not server.config.last("pythonpath"):
                folders[server.directory] = (f"{target.module}.py",)
    for site in evidence.sites:
        for served in served_folders(site):
            if served.folder in folders:
                folders[served.folder] = served.kept_back.reachable(folders[served.folder], served.prefix)
    return folders


RULE = Rule("N005", "root-is-app-dir", "error", check)
