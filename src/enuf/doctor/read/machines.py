"""The containers of Dockerfiles and compose files: what each is made from, holds, starts and publishes."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from enuf.doctor.container import ImageBuild
from enuf.doctor.evidence import SourceFile
from enuf.doctor.file_places import FileTree
from enuf.doctor.machine import Container, PublishedPort
from enuf.doctor.read.dockerfiles import command_words, split_words
from enuf.doctor.read.images import BuildContext, read_image
from enuf.syntax.yaml_outline import YamlNode, read_outline

MACHINES_LIMIT = 200
_VARIABLE = re.compile(r"\$\{\w+(?::?-([^}]*))?[^}]*\}|\$\w+")
_SPLIT_PORTS = re.compile(r":(?![^\[]*\])")


def read_machines(files: Sequence[SourceFile]) -> tuple[Container, ...]:
    """Return the services of every compose file, then the Dockerfiles that none of them builds."""
    tree = FileTree(file.path for file in files)
    dockerfiles = {file.path: file.text for file in files if file.kind == "dockerfile"}
    machines = [
        machine for file in files if file.kind == "compose" for machine in _services(file, dockerfiles, tree)
    ]
    neighbours: dict[str, tuple[str, ...]] = {}
    for each in machines:
        neighbours[each.deployment] = (*neighbours.get(each.deployment, ()), *each.names)
    machines = [msgspec.structs.replace(each, neighbours=neighbours[each.deployment]) for each in machines]
    built = {machine.dockerfile for machine in machines}
    for path, text in dockerfiles.items():
        if path not in built:
            image = read_image(path, text, context=BuildContext(_context_of(path, text, tree), tree))
            if image:
                machines.append(_of_image(image, Container(deployment=path, name="", dockerfile=path)))
    return tuple(machines[:MACHINES_LIMIT])


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
        image=image.base,
        directory=image.directory,
        user=image.user,
        environ=image.environ,
        command=(*_words_of(image.entrypoint), *_words_of(image.command)),
        stop_signal=image.stop_signal,
        packages=image.packages,
        installers=image.installers,
        places=image.places,
    )


def _words_of(instruction: tuple[int, str]) -> tuple[str, ...]:
    return command_words(instruction[1]) if instruction[0] else ()


def _services(file: SourceFile, dockerfiles: Mapping[str, str], tree: FileTree) -> Iterator[Container]:
    outline = read_outline(file.text)
    for name, service in services_of(outline).items():
        image, dockerfile = _built(service, file, dockerfiles, tree)
        machine = Container(
            deployment=file.path, name=name, line=service.line, image=text_of(service, "image")
        )
        if image:
            machine = _of_image(image, machine)
        places = machine.places
        for source, target in (*_volumes(service, file.path), *_configs(service, outline, file.path)):
            places = places.added(source, target)
        environ = mapping_of(service.at("environment"))
        yield msgspec.structs.replace(
            machine,
            names=_names(name, service),
            dockerfile=dockerfile,
            directory=text_of(service, "working_dir") or machine.directory,
            user=text_of(service, "user").partition(":")[0] or machine.user,
            environ={**machine.environ, **environ},
            command=_command(service, image),
            stop_signal=text_of(service, "stop_signal") or machine.stop_signal,
            ports=tuple(_ports(service)),
            host_network=text_of(service, "network_mode") == "host",
            places=places,
        )


def services_of(outline: YamlNode) -> dict[str, YamlNode]:
    """Return the services of a compose file; those of its first version stand at the top."""
    services = outline.at("services")
    if services:
        return services.members
    return {name: each for name, each in outline.members.items() if each.at("image") or each.at("build")}


def _built(
    service: YamlNode, file: SourceFile, dockerfiles: Mapping[str, str], tree: FileTree
) -> tuple[ImageBuild | None, str]:
    build = service.at("build")
    if build is None:
        return None, ""
    context = default_of(text_of(build, "context") or build.text or ".")
    if "://" in context or context.startswith("git@"):
        return None, ""
    folder = posixpath.normpath(posixpath.join(posixpath.dirname(file.path), context))
    path = posixpath.normpath(
        posixpath.join(folder, default_of(text_of(build, "dockerfile")) or "Dockerfile")
    )
    text, target = dockerfiles.get(path, ""), text_of(build, "target")
    return read_image(path, text, target, BuildContext(folder, tree)), path


def _names(name: str, service: YamlNode) -> tuple[str, ...]:
    aliases = [
        item.text
        for network in (service.at("networks") or YamlNode(0)).members.values()
        for item in (network.at("aliases") or YamlNode(0)).items
    ]
    return tuple(
        each
        for each in (name, text_of(service, "container_name"), text_of(service, "hostname"), *aliases)
        if each
    )


def _command(service: YamlNode, image: ImageBuild | None) -> tuple[str, ...]:
    entry, command = words_at(service, "entrypoint"), words_at(service, "command")
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


def _volumes(service: YamlNode, compose: str) -> Iterator[tuple[str, str]]:
    for item in (service.at("volumes") or YamlNode(0)).items:
        if item.members:
            source, target, kind = (text_of(item, key) for key in ("source", "target", "type"))
        else:
            parts = default_of(item.text).split(":")
            source, target = (parts[0], parts[1]) if len(parts) > 1 else ("", parts[0])
            kind = ""
        source, target = default_of(source), posixpath.normpath(default_of(target) or "/")
        if kind == "bind" or source.startswith((".", "/", "~")):
            yield bound(source, compose), target
        elif target != "/":
            yield f"volume:{compose}:{source or target}", target


def _configs(service: YamlNode, outline: YamlNode, compose: str) -> Iterator[tuple[str, str]]:
    for kind in ("configs", "secrets"):
        for item in (service.at(kind) or YamlNode(0)).items:
            name = text_of(item, "source") or item.text
            file = outline.at(kind, name, "file")
            target = text_of(item, "target") or (f"/{name}" if kind == "configs" else f"/run/secrets/{name}")
            if file and file.text:
                yield bound(default_of(file.text), compose), posixpath.normpath(posixpath.join("/", target))


def bound(source: str, compose: str) -> str:
    """Return the absolute path of what a compose file mounts."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(compose), source))


def _ports(service: YamlNode) -> Iterator[PublishedPort]:
    for item in (service.at("ports") or YamlNode(0)).items:
        if item.members:
            host, published = text_of(item, "host_ip"), text_of(item, "published")
            yield PublishedPort(host=host, published=published, port=text_of(item, "target"), line=item.line)
            continue
        parts = _SPLIT_PORTS.split(default_of(item.text).partition("/")[0])
        if parts[-1].strip():
            published = parts[-2] if len(parts) > 1 else ""
            host = parts[-3] if len(parts) > 2 else ""
            yield PublishedPort(host=host, published=published, port=parts[-1], line=item.line)


def text_of(node: YamlNode, key: str) -> str:
    """Return the text of a member, empty if there is none."""
    member = node.at(key)
    return member.text if member else ""


def mapping_of(node: YamlNode | None) -> dict[str, str]:
    """Return `environment`, a mapping or a list of `NAME=value`."""
    if node is None:
        return {}
    pairs = [item.text.partition("=") for item in node.items]
    return {
        **{key: each.text for key, each in node.members.items()},
        **{key: value for key, _, value in pairs},
    }


def default_of(text: str) -> str:
    """Return a text of compose with the defaults of its variables; a variable without one stays."""
    return _VARIABLE.sub(lambda match: match[0] if match[1] is None else match[1], text)
