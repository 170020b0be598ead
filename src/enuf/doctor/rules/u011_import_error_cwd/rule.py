"""A module outside the folder where uWSGI looks for it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from enuf.doctor.evidence import AppTarget, Evidence, Server
from enuf.doctor.facts.uwsgi import comment_in
from enuf.doctor.rule import Diagnostic, Rule, at_option, by_hand


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every module outside the folder where uWSGI starts, without chdir and pythonpath."""
    for server in evidence.servers:
        if server.config.last("chdir", "pythonpath", "force-cwd") or not server.config.is_complete:
            continue
        for target in server.targets:
            folder = _elsewhere(evidence, server, target)
            if folder:
                yield _diagnostic(server, target, folder)


def _elsewhere(evidence: Evidence, server: Server, target: AppTarget) -> str:
    """Return the one other folder that holds the module, empty if the module is in its place or nowhere."""
    usable = target.module and "/" not in target.module and not target.module.endswith(".py")
    is_known = target.python_file and not target.guessed
    here = (
        any(machine.source(server.directory) for machine in server.machines)
        if server.in_container
        else server.start is None or evidence.fact(server.directory).kind == "folder"
    )
    if not usable or is_known or not here or target.option.conditional or comment_in(target.option):
        return ""
    tail = target.module.replace(".", "/")
    ends = (f"/{tail}.py", f"/{tail}/__init__.py")
    folders = {
        python_file.path.removesuffix(end)
        for python_file in evidence.python_files
        for end in ends
        if python_file.path.endswith(end)
    }
    folders.discard(server.directory)
    found = folders.pop() or "/" if len(folders) == 1 else ""
    return "" if found and _is_moved(evidence, server, found) else found


def _is_moved(evidence: Evidence, server: Server, folder: str) -> bool:
    """Return True if an image moves or copies what is in the folder to another place."""
    places = {folder, *(place for machine in server.machines for place in machine.paths_of(folder))}
    place = rf"(?:{'|'.join(map(re.escape, places))})\b"
    moves = re.compile(
        rf"^(?>.*?\b(?:mv|cp|ln|rsync)\b).*{place}|^(?>.*?{place}).*\b(?:mv|cp)\b", re.MULTILINE
    )  # the first of many words in a line decides, or a long line would cost the square of its length
    return any(moves.search(file.text) for file in evidence.of_kind("dockerfile"))


def _diagnostic(server: Server, target: AppTarget, folder: str) -> Diagnostic:
    known = server.directory_known
    held = [path for machine in server.machines for path in machine.paths_of(folder)]
    folder = held[0] if held else folder
    where = f"in {server.directory}" if known else "in the folder that uWSGI happens to be started in"
    relative = posixpath.relpath(folder, posixpath.dirname(server.config.main_file))
    line = "chdir = %d" + ("" if relative == "." else relative)
    return at_option(
        target.option,
        f"`{target.module}` is looked up {where}, and it lies in {folder}: every request may get 500",
        severity=None if known else "advice",
        hint=line
        if server.config.files
        else f"--chdir {folder if held else posixpath.relpath(folder, server.directory)}",
        fix=by_hand(f"add `{line}`"),
    )


RULE = Rule("U011", "import-error-cwd", "warning", check)
