"""A served folder that holds the source, the settings and the secrets of the app (F170)."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, Server
from enuf.doctor.facts.served import ServedFolder, names_in_folder, served_folders
from enuf.doctor.machine import Container
from enuf.doctor.rule import Diagnostic, Rule, at_directive, by_hand
from enuf.syntax.nginx_tree import NginxConfig

_SECRET = (".git", ".hg", ".svn", ".env", ".htpasswd")
_PUBLIC = ("public", "static", "html", "www", "dist", "build", "htdocs", "web", "site", "frontend")
_SOURCE = (".py", ".ini", ".env", ".sqlite3", ".db", ".pem", ".key")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every served folder with source, settings or a repository in it, and the app's own folder."""
    for site in evidence.sites:
        apps = _app_folders(evidence, site)
        for served in served_folders(site):
            held = _private_names(evidence, site, served)
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


def _private_names(evidence: Evidence, site: NginxConfig, served: ServedFolder) -> tuple[str, ...]:
    """Return the names in the folder that must stay private, the most harmful first."""
    names = names_in_folder(evidence, site, served.folder)
    secret = [name for name in names if name in _SECRET]
    source = [name for name in names if name.endswith(_SOURCE) and name not in secret]
    return served.denying.reachable((*secret, *source), served.prefix)


def _app_folders(evidence: Evidence, site: NginxConfig) -> dict[str, tuple[str, ...]]:
    """Return the folders that configurations load apps from, each with a file that must be in that folder."""
    folders: dict[str, tuple[str, ...]] = {}
    machines = evidence.machines_with(site.file)
    for server in _servers_beside(evidence, machines):
        for target in server.targets:
            if target.python_file and not target.guessed:
                folder, _, name = target.python_file.path.rpartition("/")
                for held in (folder, *(each for machine in machines for each in machine.paths_of(folder))):
                    folders[held] = (name,)
            elif not server.directory_known or "." in target.module:
                continue
            elif target.file:
                path = posixpath.normpath(posixpath.join(server.directory, target.file))
                folders[posixpath.dirname(path)] = (posixpath.basename(path),)
            elif target.module and not server.config.last("pythonpath"):
                folders[server.directory] = (f"{target.module}.py",)
    above = {} if machines else _folders_above_apps(evidence, site)
    return _reachable({**above, **folders}, site)


def _folders_above_apps(evidence: Evidence, site: NginxConfig) -> dict[str, tuple[str, ...]]:
    """Return the folders served as a whole in which services of the host run, each with a module below it."""
    served = [each.folder for each in served_folders(site) if each.prefix == "/"]
    return {
        folder: (below,)
        for folder in served
        if (below := _app_below(evidence, folder) or _project_called(evidence, site, folder))
    }


def _project_called(evidence: Evidence, site: NginxConfig, folder: str) -> str:
    """Return manage.py if the one Django project of the files lies in a folder of this name and the site passes to an app."""
    projects = [file.path for file in evidence.python_files if file.path.endswith("/manage.py")]
    if len(projects) != 1 or not any(each.site is site for each in evidence.passes):
        return ""
    name = posixpath.basename(posixpath.dirname(projects[0]))
    return "manage.py" if name == posixpath.basename(folder) and name not in _PUBLIC else ""


def _reachable(folders: dict[str, tuple[str, ...]], site: NginxConfig) -> dict[str, tuple[str, ...]]:
    """Return the folders with the names that no location of the site denies."""
    for served in served_folders(site):
        if served.folder in folders:
            folders[served.folder] = served.denying.reachable(folders[served.folder], served.prefix)
    return folders


def _app_below(evidence: Evidence, folder: str) -> str:
    """Return the module of a service of the host that runs in a folder or below it, relative to the folder."""
    for server in evidence.app_servers:
        on_host = server.start.kind in ("unit", "supervisor") and not server.in_container and not server.dev
        inside = server.directory == folder or server.directory.startswith(folder.rstrip("/") + "/")
        if on_host and not inside and server.module and _ends_alike(server.directory, folder):
            return f"{server.module.replace('.', '/')}.py"  # one project, in the homes of two users
        if on_host and inside and folder != "/" and server.module:
            path = posixpath.join(server.directory, server.module.replace(".", "/") + ".py")
            return posixpath.relpath(path, folder)
    return ""


def _ends_alike(one: str, other: str) -> bool:
    """Return True for two folders of different places whose last two names are the same, and not usual ones."""
    mine, theirs = one.rstrip("/").split("/")[-2:], other.rstrip("/").split("/")[-2:]
    return mine == theirs and len(mine) == len([name for name in mine if name and name not in _PUBLIC])


def _servers_beside(evidence: Evidence, machines: tuple[Container, ...]) -> Iterator[Server]:
    """Yield the servers that share a container with the site, or none of both runs in one."""
    for server in evidence.servers:
        if (not machines and not server.machines) or any(each in server.machines for each in machines):
            yield server


RULE = Rule("N005", "root-is-app-dir", "error", check)
