"""nginx as the command of a container without `daemon off`: its first process ends, and the container with that."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.containers import nginx_package
from enuf.doctor.read.dockerfiles import instructions
from enuf.doctor.rule import Diagnostic, Rule, at_line

_NGINX = re.compile(r"(?:exec[ \t]+)?(?:/usr/(?:local/)?sbin/)?nginx(?P<rest>(?:[ \t].*)?)", re.DOTALL)
_OTHER_USE = re.compile(r"(?:^|\s)-(?:[tTsvV]|-help|h)\b|daemon\s+off|[;&|]|\$")
_OFF = re.compile(r"^[^#\n]*\bdaemon[ \t]+off\b", re.MULTILINE)
_SHELLS = ("sh", "bash", "/bin/sh", "/bin/bash", "ash")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every container whose last command is nginx, as long as no file turns its daemon off."""
    seen: set[tuple[str, int]] = set()
    for machine in evidence.machines:
        found = _NGINX.fullmatch(_last(machine.command).strip())
        if found is None or _OTHER_USE.search(found["rest"]):
            continue
        if not nginx_package(machine) or (not machine.dockerfile and nginx_package(machine) != "nginx.org"):
            continue  # the configuration in the image is not known
        if any(_OFF.search(each.text) for each in evidence.of_kind("nginx") if machine.paths_of(each.path)):
            continue
        file = evidence.file(machine.dockerfile)
        if file is not None and _OFF.search(
            "\n".join(text for _, name, text in instructions(file.text) if name == "RUN")
        ):
            continue
        path, line = machine.place_of_command
        if (path, line) not in seen:
            seen.add((path, line))
            yield at_line(
                path,
                line,
                "nginx goes on in the background and its first process ends: the container stops at once, with status 0",
                hint=f"nginx -g 'daemon off;'{found['rest']}",
            )


def _last(command: tuple[str, ...]) -> str:
    """Return the last command of a container's command line as text."""
    if len(command) == 3 and command[0] in _SHELLS and command[1] == "-c":
        return re.split(r"&&|;", command[2])[-1]
    return " ".join(command)


RULE = Rule("N118", "nginx-leaves-its-container", "error", check)
