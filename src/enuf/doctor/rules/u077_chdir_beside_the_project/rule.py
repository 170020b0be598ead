"""A `chdir` that differs by a letter or two from the folder that all other paths name."""

from __future__ import annotations

import posixpath
from collections import Counter
from collections.abc import Iterator
from difflib import SequenceMatcher

from enuf.doctor.evidence import Evidence, Server
from enuf.doctor.facts.nginx import is_template
from enuf.doctor.facts.uwsgi import without_comment
from enuf.doctor.rule import Diagnostic, Rule, at_option, write_value

_SERVED = ("alias", "root", "include")
_LETTERS = 2
_WITNESSES = 2
_LONG_ENOUGH = 4


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every chdir below which no other path lies, while several lie below its near namesake."""
    served = [
        match.directive.arg()
        for site in evidence.sites
        for match in site.find(*_SERVED)
        if match.directive.arg().startswith("/") and not is_template(evidence, match.directive.file)
    ]
    for server in evidence.servers:
        option = server.config.last("chdir")
        if option is None or option.conditional or option.unresolved or server.machines:
            continue
        folder = posixpath.normpath(without_comment(option).strip())
        if not folder.startswith("/") or evidence.fact(folder).kind == "folder":
            continue
        right = _namesake(folder, [*_paths(server), *served])
        if right:
            yield at_option(
                option,
                f"{folder} is written here alone, and every other path is in {right}: uWSGI ends where it cannot change into this folder",
                hint=f"chdir = {right}",
                fix=write_value(option, right, asks="which of the two folders is there"),
            )


def _paths(server: Server) -> list[str]:
    return [
        each.value
        for each in server.config.options
        if each.value.startswith("/") and each.name != "chdir" and not each.unresolved
    ]


def _namesake(folder: str, paths: list[str]) -> str:
    """Return the folder beside this one below which at least two paths lie, if its name is nearly this one's."""
    if any(f"{path}/".startswith(f"{folder}/") for path in paths):
        return ""
    depth = folder.count("/")
    heads = Counter("/".join(path.split("/")[: depth + 1]) for path in set(paths) if path.count("/") > depth)
    for head, count in heads.most_common(3):
        if count >= _WITNESSES and _is_misspelt(folder, head):
            return head
    return ""


def _is_misspelt(one: str, other: str) -> bool:
    """Return True for two paths of which one name differs, by a letter or two."""
    names = [(a, b) for a, b in zip(one.split("/"), other.split("/"), strict=True) if a != b]
    if len(names) != 1 or min(len(names[0][0]), len(names[0][1])) < _LONG_ENOUGH:
        return False
    steps = SequenceMatcher(None, *names[0]).get_opcodes()
    letters = "".join(
        each for kind, a, b, c, d in steps if kind != "equal" for each in names[0][0][a:b] + names[0][1][c:d]
    )
    return (
        0 < sum(max(b - a, d - c) for kind, a, b, c, d in steps if kind != "equal") <= _LETTERS
        and letters.isalpha()
    )


RULE = Rule("U077", "chdir-beside-the-project", "warning", check)
