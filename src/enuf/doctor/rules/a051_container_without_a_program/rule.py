"""A container of an image without a command: Python or a shell reads no input and ends, and the app never runs."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from enuf.doctor.container import ComposeService, ImageBuild
from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.app_servers import service_is_dev
from enuf.doctor.facts.containers import is_completed_by_another_file
from enuf.doctor.facts.whole_compose import whole_compose_files
from enuf.doctor.facts.whole_dockerfiles import whole_dockerfiles
from enuf.doctor.facts.workers import all_servers
from enuf.doctor.machine import Container
from enuf.doctor.rule import Diagnostic, Rule, at_line
from enuf.model.finding import Severity

_PROGRAM_OF = {"python": "python3", "pypy": "pypy3", "debian": "bash", "ubuntu": "bash", "alpine": "sh"}
"""What the container of such an image runs, which ends at once without a terminal."""
_BASE = re.compile(r"(?:docker\.io/)?(?:library/)?(python|pypy|debian|ubuntu|alpine)(?::[^\s$]*)?(?:@\S*)?")
_STAYS = (
    "command",
    "entrypoint",
    "tty",
    "stdin_open",
    "extends",
    "profiles",
    "deploy",
    "scale",
    "provider",
    "post_start",
)


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report the services of compose files that run nothing, and the images whose one start script no command names."""
    whole = {each.path for each in whole_compose_files(evidence)}
    for service in evidence.services if not evidence.pods else ():
        program = _program_of(service.build)
        if (
            service.build
            and program
            and service.file in whole
            and not any(service.node.at(key) for key in _STAYS)
            and not _is_for_others(evidence, service)
        ):
            script = _start_script(evidence, [each for each in evidence.machines if each.service is service])
            yield at_line(
                service.file,
                service.line,
                f"neither {service.name} nor its image has a command: the container runs {program}, which ends at once",
                severity=_severity(service, script),
                hint=f"command: {script}" if script else f"CMD in {posixpath.basename(service.build.file)}",
                evidence=(f"{service.build.file}:{service.build.base_line}: {service.build.base}",),
            )
    yield from _of_images(evidence)


def _severity(service: ComposeService, script: str) -> Severity | None:
    """Return how sure the fault is: a service that publishes nothing may be there for `docker compose run`."""
    if not service.ports:
        return "advice"
    return "error" if script else None


def _of_images(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report the images that no compose file runs and whose start script no command starts."""
    built = {each.build.file for each in evidence.services if each.build}
    whole = {each.path for each in whole_dockerfiles(evidence)} - built
    for machine in evidence.machines if not evidence.pods else ():
        base = _BASE.fullmatch(machine.image)
        if machine.dockerfile not in whole or machine.command or base is None:
            continue
        script = _start_script(evidence, [machine])
        if script and not _is_named(evidence, script):
            yield at_line(
                machine.dockerfile,
                machine.line,
                f"nothing starts {script}: without a command the container runs {_PROGRAM_OF[base[1]]}, which ends at once",
                severity="advice",
                hint=f'CMD ["{script}"]',
            )


def _program_of(image: ImageBuild | None) -> str:
    """Return the program that a container of the image runs if nobody names one, empty if the image has a command."""
    if image is None or image.command[1] or image.entrypoint[1]:
        return ""
    base = _BASE.fullmatch(image.base)
    return _PROGRAM_OF[base[1]] if base else ""


def _is_for_others(evidence: Evidence, service: ComposeService) -> bool:
    """Return True for a service of development, one that another file completes, and one whose image others begin with."""
    bases = {each.build.base for each in evidence.services if each.build}
    bases |= {machine.image for machine in evidence.machines}
    image = service.image.partition(":")[0]
    return (
        service_is_dev(service, evidence)
        or "devcontainer" in service.file
        or is_completed_by_another_file(evidence, service)
        or any(base.partition(":")[0] in (image, service.name) for base in bases if base)
        or any(
            each.image == service.image for each in evidence.services if each is not service and each.image
        )
    )


def _start_script(evidence: Evidence, machines: list[Container]) -> str:
    """Return the path of the one script in a container that starts a server, empty if there is none or several."""
    scripts = {each.start.file for each in all_servers(evidence) if each.start and each.start.in_script}
    found = {place for machine in machines for script in scripts for place in machine.paths_of(script)[-1:]}
    return found.pop() if len(found) == 1 else ""


def _is_named(evidence: Evidence, script: str) -> bool:
    """Return True if another file may start the script."""
    name = posixpath.basename(script)
    return any(
        name in file.text
        for file in evidence.files
        if file.kind != "dockerfile" and posixpath.basename(file.path) != name
    )


RULE = Rule("A051", "container-without-a-program", "warning", check)
