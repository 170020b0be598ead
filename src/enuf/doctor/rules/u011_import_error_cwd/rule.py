"""A module that is not in the folder where uWSGI looks for it."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from enuf.doctor.evidence import AppTarget, Evidence, Server
from enuf.doctor.facts.uwsgi import comment_in
from enuf.doctor.rule import Rule, Sign, at_option, by_hand


def check(evidence: Evidence) -> Iterator[Sign]:
    """Every module without chdir and pythonpath whose source lies in another folder than uWSGI starts in."""
    for server in evidence.servers:
        if server.config.last("chdir", "pythonpath", "force-cwd") or not server.config.is_whole:
            continue
        for target in server.targets:
            folder = _elsewhere(evidence, server, target)
            if folder:
                yield _sign(server, target, folder)


def _elsewhere(evidence: Evidence, server: Server, target: AppTarget) -> str:
    """The one other folder that holds the module, empty when it is found where it should be, or nowhere."""
    usable = target.module and "/" not in target.module and not target.module.endswith(".py")
    found = target.program and not target.guessed
    here = server.start is None or evidence.fact(server.directory).kind == "folder"
    if not usable or found or not here or target.option.maybe or comment_in(target.option):
        return ""
    tail = target.module.replace(".", "/")
    ends = (f"/{tail}.py", f"/{tail}/__init__.py")
    folders = {
        program.path.removesuffix(end)
        for program in evidence.programs
        for end in ends
        if program.path.endswith(end)
    }
    folders.discard(server.directory)
    return folders.pop() or "/" if len(folders) == 1 else ""


def _sign(server: Server, target: AppTarget, folder: str) -> Sign:
    known = server.directory_known
    where = f"in {server.directory}" if known else "in the folder that uWSGI happens to be started in"
    relative = posixpath.relpath(folder, posixpath.dirname(server.config.home))
    line = "chdir = %d" + ("" if relative == "." else relative)
    return at_option(
        target.option,
        f"`{target.module}` is looked up {where}, and it lies in {folder}: every request may get 500",
        severity=None if known else "advice",
        hint=line if server.config.files else f"--chdir {folder}",
        fix=by_hand(f"add `{line}`"),
    )


RULE = Rule("U011", "import-error-cwd", "warning", check)
