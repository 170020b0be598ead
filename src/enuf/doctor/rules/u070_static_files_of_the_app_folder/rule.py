"""A folder whose files uWSGI serves itself, and that holds the app: anyone can download its source."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, Server
from enuf.doctor.rule import Diagnostic, Rule, at_option, by_hand
from enuf.syntax.uwsgi_config import ParsedOption


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every folder of static files with the app in it, and every option that names two folders."""
    for server in evidence.servers:
        for option, folder in _served(server):
            if " " in folder and folder.count("/") > 1:
                yield at_option(
                    option,
                    f"uWSGI takes one folder in each line: there is none that is called `{folder}`",
                    hint=f"{option.key} = {folder.split()[0]}",
                    severity="warning",
                )
                continue
            name = _source_in(server, posixpath.normpath(posixpath.join(server.directory, folder)))
            if name:
                yield at_option(
                    option,
                    f"anyone can download {name} and all other files in {folder}: uWSGI serves them before it asks the app",
                    hint="a folder of public files only",
                    fix=by_hand("serve a folder that holds public files only"),
                )


def _served(server: Server) -> Iterator[tuple[ParsedOption, str]]:
    for option in server.config.all("check-static", "static-map", "static-map2"):
        if option.unresolved or option.conditional:
            continue
        folder = (
            option.value.strip() if option.name == "check-static" else option.value.partition("=")[2].strip()
        )
        if folder:
            yield option, folder


def _source_in(server: Server, folder: str) -> str:
    """Return the name of a source of the app in the folder, empty if there is none."""
    if server.config.last("static-skip-ext") and "py" in str(server.config.value("static-skip-ext")):
        return ""
    for target in server.targets:
        dotted = f"{target.module.replace('.', '/')}.py" if target.module else target.file
        path = posixpath.normpath(posixpath.join(server.directory, dotted))
        if server.directory_known and path.startswith(f"{folder.rstrip('/')}/"):
            return path[len(folder.rstrip("/")) + 1 :]
    return ""


RULE = Rule("U070", "static-files-of-the-app-folder", "error", check)
