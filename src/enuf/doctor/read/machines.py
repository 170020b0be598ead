"""The containers of Dockerfiles and compose files: what each is made from, holds, starts and publishes."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator

import msgspec

from enuf.doctor.container import ComposeService, ImageBuild
from enuf.doctor.evidence import SourceFile
from enuf.doctor.file_places import FileTree
from enuf.doctor.machine import Container
from enuf.doctor.read.bounds import LeaveOut, first_of
from enuf.doctor.read.dockerfiles import command_words, split_words
from enuf.doctor.read.images import BuildContext, read_image
from enuf.doctor.service_variables import written_variables
from enuf.syntax.shell_variables import fill_in
from enuf.syntax.yaml_outline import YamlNode

MACHINES_LIMIT = 200


def read_machines(
    files: Iterable[SourceFile], services: Iterable[ComposeService], tree: FileTree, leave_out: LeaveOut
) -> tuple[Container, ...]:
    """Return the services of every compose file, then the Dockerfiles that none of them builds."""
    machines = [_of_service(service) for service in services]
    neighbours: dict[str, tuple[str, ...]] = {}
    for each in machines:
        neighbours[each.deployment] = (*neighbours.get(each.deployment, ()), *each.names)
    machines = [msgspec.structs.replace(each, neighbours=neighbours[each.deployment]) for each in machines]
    built = {machine.dockerfile for machine in machines}
    for file in files:
        if file.kind == "dockerfile" and file.path not in built:
            context = BuildContext(_context_of(file.path, file.text, tree), tree)
            image = read_image(file.path, file.text, context=context)
            if image:
                machines.append(_of_image(image, Container(deployment=file.path, name="")))
    return first_of(
        machines,
        MACHINES_LIMIT,
        "containers in the project",
        file_of=lambda each: each.deployment,
        leave_out=leave_out,
    )


def _context_of(path: str, text: str, tree: FileTree) -> str:
    """Return the folder that a Dockerfile is most likely built with: the nearest one that has what it copies."""
    wanted = re.findall(
        r"^[ \t]*(?:COPY|ADD)[ \t]+(?!--from)(?:--\S+[ \t]+)*([\w./-]+)[ \t]", text, re.M | re.I
    )
    wanted = [each for each in wanted if each not in (".", "./", "/")]
    folder = posixpath.dirname(path)
    candidates = [folder]
    while len(candidates) < 4 and folder not in ("", "/"):
        folder = posixpath.dirname(folder)
        candidates.append(folder)

    def held(candidate: str) -> int:
        paths = [posixpath.normpath(posixpath.join(candidate, each.lstrip("/"))) for each in wanted]
        return sum(tree.is_file(each) or tree.is_folder(each) for each in paths)

    best = max(candidates, key=held)  # the first, which is the nearest, among equals
    return best if wanted else candidates[0]


def _of_image(image: ImageBuild, machine: Container) -> Container:
    return msgspec.structs.replace(
        machine,
        dockerfile=image.file,
        image=image.base,
        directory=image.directory,
        user=image.user,
        environ=image.environ,
        command=(*_words_of(image.entrypoint), *_words_of(image.command)),
        command_line=max(image.entrypoint[0], image.command[0]),
        stop_signal=image.stop_signal,
        packages=image.packages,
        installers=image.installers,
        places=image.places,
    )


def _words_of(instruction: tuple[int, str]) -> tuple[str, ...]:
    return command_words(instruction[1]) if instruction[0] else ()


def _of_service(service: ComposeService) -> Container:
    node = service.node
    machine = Container(
        deployment=service.file,
        name=service.name,
        service=service,
        line=service.line,
        image=node.word("image"),
    )
    if service.build:
        machine = _of_image(service.build, machine)
    places = machine.places
    mounts = (*_volumes(service), *service.configs)
    for source, target in sorted(mounts, key=_depth):
        places = places.added(source, target)
    return msgspec.structs.replace(
        machine,
        names=service.names,
        directory=node.word("working_dir") or machine.directory,
        user=node.word("user").partition(":")[0] or machine.user,
        environ={**machine.environ, **{name: value for name, _, value in written_variables(service)}},
        command=_command(service),
        stop_signal=node.word("stop_signal") or machine.stop_signal,
        host_network=node.word("network_mode") == "host",
        places=places,
    )


def _depth(mount: tuple[str, str]) -> int:
    """Return how deep the target of a mount lies: Docker mounts the outer folders first, whatever their order in the file."""
    return posixpath.normpath(mount[1]).rstrip("/").count("/")


def _command(service: ComposeService) -> tuple[str, ...]:
    entry, command = words_at(service.node, "entrypoint"), words_at(service.node, "command")
    image = service.build
    if entry is not None:
        return (*entry, *(command or ()))
    if image is None:
        return command or ()
    return (*_words_of(image.entrypoint), *(_words_of(image.command) if command is None else command))


def words_at(service: YamlNode, key: str) -> tuple[str, ...] | None:
    """Return the words of `command` or `entrypoint`, None if it is not set. A text is split as a shell does."""
    node = service.at(key)
    if node is None:
        return None
    if node.items:
        return tuple(item.text for item in node.items)
    return command_words(node.text) if node.text.startswith("[") else split_words(node.text)


def _volumes(service: ComposeService) -> Iterator[tuple[str, str]]:
    for item in service.node.each("volumes"):
        if item.members:
            source, target, kind = (item.word(key) for key in ("source", "target", "type"))
        else:
            parts = fill_in(item.text).split(":")
            source, target = (parts[0], parts[1]) if len(parts) > 1 else ("", parts[0])
            kind = ""
        source, target = fill_in(source), posixpath.normpath(fill_in(target) or "/")
        if kind == "bind" or source.startswith((".", "/", "~")):
            yield posixpath.normpath(posixpath.join(posixpath.dirname(service.file), source)), target
        elif target != "/":
            yield f"volume:{service.file}:{source or target}", target
