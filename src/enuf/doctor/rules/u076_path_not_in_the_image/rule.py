"""A chdir or wsgi-file of a container that neither its image nor a mount has: uWSGI exits, or has no app."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, Server
from enuf.doctor.facts.app_servers import service_is_dev
from enuf.doctor.facts.submodules import is_in_submodule
from enuf.doctor.facts.uwsgi import comment_in, has_unknown_part
from enuf.doctor.file_places import FileTree
from enuf.doctor.machine import Container
from enuf.doctor.rule import Diagnostic, Rule, at_option
from enuf.syntax.uwsgi_config import ParsedOption

_MAKES_FILES = re.compile(
    r"\b(?:mkdir|mv|cp|ln|git|curl|wget|tar|unzip|rsync|startproject|cookiecutter|npm|yarn|install -d)\b"
)


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every chdir and wsgi-file below a copied or mounted folder that has nothing at the rest of the path."""
    tree = FileTree(file.path for file in evidence.files)
    for server in evidence.servers:
        machine = _only_machine(evidence, server)
        if machine is None or any(each.left_out == "python" for each in evidence.unread):
            continue
        for option in server.config.all("chdir")[-1:]:
            if _is_missing(evidence, machine, option, tree, is_file=False):
                yield at_option(
                    option,
                    f"the container has no folder {option.value}: uWSGI exits at once (chdir: No such file or directory)",
                    hint=f"{option.key} = {machine.directory}",
                    is_certain=server.start is None or not server.start.in_script,
                )
                break
        else:
            yield from _files(evidence, server, machine, tree)


def _files(evidence: Evidence, server: Server, machine: Container, tree: FileTree) -> Iterator[Diagnostic]:
    for target in server.targets:
        option = target.option
        if (
            target.file
            and not target.python_file
            and _is_missing(evidence, machine, option, tree, is_file=True)
        ):
            yield at_option(
                option,
                f"the container has no file {target.file}: every request gets 500, or uWSGI exits with need-app",
                severity="warning",
                hint=f"{option.key} = a path below {machine.directory}",
            )


def _only_machine(evidence: Evidence, server: Server) -> Container | None:
    """Return the one container that runs a server, None if there are several or its files come from elsewhere too."""
    if len(server.machines) != 1 or not server.config.is_complete:
        return None
    machine = server.machines[0]
    service = machine.service
    if service and (service_is_dev(service, evidence) or service.node.at("volumes_from")):
        return None
    built = evidence.file(machine.dockerfile)
    return None if built and _MAKES_FILES.search(built.text) else machine


def _is_missing(
    evidence: Evidence, machine: Container, option: ParsedOption, tree: FileTree, *, is_file: bool
) -> bool:
    """Return True for an absolute path in a folder of the project that has nothing there."""
    path = option.value.strip()
    if (
        not path.startswith("/")
        or option.conditional
        or has_unknown_part(option)
        or comment_in(option)
        or "$" in path
    ):
        return False
    path = posixpath.normpath(path)
    places = machine.places.places
    if any(place.target == path or place.target.startswith(f"{path}/") for place in places):
        return False
    around = [place for place in places if path.startswith(f"{place.target.rstrip('/')}/")]
    behind = [f"{each.source.rstrip('/')}{path[len(each.target.rstrip('/')) :]}" for each in around]
    if not any(tree.is_folder(each.source) for each in around) or not all(
        each.startswith("/") for each in behind
    ):
        return False  # an image or a volume may hold more than the files show
    if any(is_in_submodule(evidence, each) for each in behind):
        return False
    return not any(tree.is_file(each) if is_file else tree.is_folder(each) for each in behind)


RULE = Rule("U076", "path-not-in-the-image", "error", check)
