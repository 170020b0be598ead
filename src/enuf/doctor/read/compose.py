"""The services of compose files."""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

import msgspec

from enuf.doctor.container import EMBEDDED_SIGN, ComposeService, ImageBuild, OuterPort, VolumeMount
from enuf.doctor.evidence import SourceFile
from enuf.doctor.file_places import FileTree
from enuf.doctor.read.bounds import LeaveOut, report_beyond
from enuf.doctor.read.images import BuildContext, read_image
from enuf.model.numbers import decimal
from enuf.syntax.shell_variables import fill_in
from enuf.syntax.yaml_outline import YamlNode, read_outline

SERVICES_LIMIT = 200
_OF_PROJECT = re.compile(
    r"^\$\{?(?:PWD|[A-Z_]*(?:PROJECT|ROOT|BASE|REPO|APP|SRC|SOURCE)[A-Z_]*(?:PATH|DIR|FOLDER|HOME|ROOT)|PROJECT)\}?(?=/)"
)
"""`${PROJECT_PATH}/nginx`: most likely the folder of the compose file, or one above it."""
_VARIABLE_PORT = re.compile(r"^\$\{\w*PORT\w*\}(?=:\d)")
"""`${MYSQL_PORT}:3306`: a port of the host, of a number that the files do not say."""


class BuildFiles(msgspec.Struct, frozen=True):
    """The files that images are built with."""

    read: Callable[[str], str | None]
    tree: FileTree


def read_services(
    files: Iterable[SourceFile], built: BuildFiles, leave_out: LeaveOut
) -> tuple[ComposeService, ...]:
    """Return the services of all compose files, up to SERVICES_LIMIT."""
    services: list[ComposeService] = []
    beyond: list[str] = []
    for file in files:
        if file.kind == "compose":
            outline = read_outline(file.text)
            found = _services_of(outline)
            if len(found) > SERVICES_LIMIT - len(services):
                beyond.append(file.path)
            for name, node in islice(found.items(), SERVICES_LIMIT - len(services)):
                services.append(_service(name, node, outline, file.path, built))
    report_beyond(SERVICES_LIMIT, "services in compose files", beyond, leave_out)
    return tuple(services)


def _services_of(outline: YamlNode) -> dict[str, YamlNode]:
    """Return the services of a compose file; those of its first version stand at the top."""
    services = outline.at("services")
    if services:
        return services.members
    return {name: each for name, each in outline.members.items() if each.at("image") or each.at("build")}


def _service(name: str, node: YamlNode, outline: YamlNode, file: str, built: BuildFiles) -> ComposeService:
    folder = posixpath.dirname(file)
    context, build = _build(node, folder, built)
    return ComposeService(
        name=name,
        file=file,
        line=node.line,
        node=node,
        context=context,
        build=build,
        image=fill_in(node.word("image")),
        ports=tuple(filter(None, (_port(each) for each in node.each("ports")))),
        volumes=tuple(filter(None, (_volume(each, folder) for each in node.each("volumes")))),
        depends=_depends(node.at("depends_on")),
        configs=tuple(_configs(node, outline, file)),
        names=(name, *_other_names(node)),
    )


def _build(node: YamlNode, folder: str, built: BuildFiles) -> tuple[str, ImageBuild | None]:
    build = node.at("build")
    if build is None:
        return "", None
    context = fill_in(build.text or build.word("context") or ".")
    if "$" in context or "://" in context:
        return "", None
    context = posixpath.normpath(posixpath.join(folder, context))
    named = build.word("dockerfile") or node.word("dockerfile")  # beside `build:` in the first version
    path = posixpath.normpath(posixpath.join(context, fill_in(named) or "Dockerfile"))
    text = built.read(path)
    if text is None and not named:  # Docker takes this spelling, too
        lower = posixpath.join(context, "dockerfile")
        path, text = (lower, built.read(lower)) if built.read(lower) else (path, None)
    text = text or ""
    return context, read_image(path, text, build.word("target"), BuildContext(context, built.tree))


def _other_names(node: YamlNode) -> Iterator[str]:
    yield from filter(None, (node.word("container_name"), node.word("hostname")))
    networks = node.at("networks")
    for network in (networks.members if networks else {}).values():
        yield from (alias.text for alias in network.each("aliases") if alias.text)


def _configs(node: YamlNode, outline: YamlNode, file: str) -> Iterator[tuple[str, str]]:
    for kind in ("configs", "secrets"):
        for item in node.each(kind):
            name = item.word("source") or item.text
            named = fill_in(outline.word(kind, name, "file"))
            source = posixpath.normpath(posixpath.join(posixpath.dirname(file), named)) if named else ""
            if outline.at(kind, name, "content"):
                source = f"{file}{EMBEDDED_SIGN}{kind}/{name}"
            target = item.word("target") or (f"/{name}" if kind == "configs" else f"/run/secrets/{name}")
            if source:
                yield source, posixpath.normpath(posixpath.join("/", target))


def _depends(node: YamlNode | None) -> dict[str, str]:
    if node is None:
        return {}
    listed = {each.text: "service_started" for each in node.items}
    return {**listed, **{name: each.word("condition") for name, each in node.members.items()}}


def _port(node: YamlNode) -> OuterPort | None:
    if node.members:
        if node.at("published") is None:
            return None
        return OuterPort(
            host=node.word("host_ip"),
            outer=decimal(fill_in(node.word("published")), 5),
            inner=decimal(node.word("target"), 5),
            line=node.line,
        )
    text = _VARIABLE_PORT.sub("", fill_in(node.text)).partition("/")[0]
    if "$" in text:
        return None
    outer, _, inner = text.rpartition(":")
    host, _, outer = outer.rpartition(":")
    first, _, last = inner.partition("-")
    ends = decimal(first, 5), decimal(last, 5)
    return OuterPort(
        host=host.strip("[]"),
        outer=decimal(outer, 5),
        inner=decimal(inner, 5),
        line=node.line,
        inner_range=(ends[0], ends[1]) if ends[0] is not None and ends[1] is not None else (0, 0),
    )


def _volume(node: YamlNode, folder: str) -> VolumeMount | None:
    if node.members:
        source, target = node.word("source"), node.word("target")
    else:
        parts = fill_in(node.text).split(":")
        source, target = (parts[0], parts[1]) if len(parts) > 1 else ("", parts[0])
    source = _OF_PROJECT.sub(".", source, count=1)
    if "$" in source or not target.startswith("/"):
        return None
    if source.startswith((".", "/")):
        source = posixpath.normpath(posixpath.join(folder, source))
    return VolumeMount(source=source, target=posixpath.normpath(target), line=node.line)


def words_of_node(node: YamlNode | None) -> list[str]:
    """Return the words of a command, in either form; none where a quote is never closed."""
    if node is None:
        return []
    if node.items:
        return [item.text.replace("$$", "$") for item in node.items]
    try:
        return shlex.split(node.text.replace("$$", "$"))
    except ValueError:
        return []
