"""A plan for a container, and the facts about its project, as a deployment."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from enuf.discover.written_paths import WrittenPath
from enuf.export.deployment import (
    Deployment,
    ExportPlace,
    ExportRequest,
    ImageReference,
    ServingProbe,
    WrittenFolder,
)
from enuf.export.survey import ProjectFacts
from enuf.model.address import TcpAddress
from enuf.model.app import AppRef
from enuf.model.plan import Plan
from enuf.model.secrets import says_secret
from enuf.plan.in_container import PATHS, PROJECT
from enuf.plan.topologies import SERVERS
from enuf.settings.schema import Settings

PORT = 8000
LISTEN = f"0.0.0.0:{PORT}"
"""In a container every address: what is reachable from outside is the engine's decision."""
_NAME_LIMIT = 40
"""A label of 63 characters has room for what objects append."""
_PLAIN_HOST = re.compile(r"(?:\*\.)?[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?", re.IGNORECASE)


def deployment_of(
    plan: Plan,
    settings: Settings,
    facts: ProjectFacts,
    *,
    place: ExportPlace,
    request: ExportRequest,
    words: Sequence[str],
    project: str,
    version: str,
) -> Deployment:
    """Return the deployment. `words` are the arguments of `enuf up` in the container, `project` is its folder here."""
    name = engine_name(project.rstrip("/").rpartition("/")[2])
    return Deployment(
        name=name,
        image=image_reference(request.image, name),
        place=place,
        request=request,
        python=plan.toolchain.python.minor,
        version=version,
        topology=plan.topology,
        packages=facts.packages,
        extras=_extras(plan),
        command=("enuf", "up", *words),
        server=_alone(plan.server.process.argv),
        server_environment=_environment(plan.server.process.environment),
        front=_alone(plan.front.process.argv) if plan.front else (),
        conf=plan.files,
        link_port=_link_port(plan),
        probe=ServingProbe(
            path=plan.health.path,
            prefix=plan.health.prefix,
            host=plan.health.host if settings.serve.hosts else f"localhost:{PORT}",
            port=PORT,
            is_strict=plan.health.strict_status,
            is_on=plan.health.enabled,
        ),
        timeout_s=int(settings.serve.timeout.seconds),
        wait_s=int(settings.reload.wait.seconds),
        max_body_bytes=settings.serve.max_body.bytes,
        max_header_bytes=settings.serve.max_header.bytes,
        hosts=tuple(host for host in settings.serve.every_name if _PLAIN_HOST.fullmatch(host)),
        processes=plan.processes,
        threads=plan.threads,
        env_files=tuple(path.removeprefix(f"{project}/") for path in plan.env_files),
        preparation=plan.preparation,
        beside=plan.beside,
        writes=written_folders(facts.written, project),
        ignored=facts.ignored,
    )


def engine_name(text: str) -> str:
    """Return a name as engines take it: small letters, digits and dashes, a letter first."""
    name = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:_NAME_LIMIT].strip("-")
    return name if name[:1].isalpha() else f"app-{name}".rstrip("-")


def image_reference(asked: str, name: str) -> ImageReference:
    """Return the image that was asked for, `registry:5000/shop:v2`, or one named like the app."""
    if not asked:
        return ImageReference(name, "1")
    before, colon, tag = asked.rpartition(":")
    return ImageReference(before, tag) if colon and "/" not in tag else ImageReference(asked, "1")


def target_words(app: AppRef, typed: str | None, *, is_set: bool) -> tuple[str, ...]:
    """Return how `enuf up` is told of the app, which is in the container's folder of the project.

    Nothing where the settings name it.
    """
    if typed:
        return (typed,)
    if is_set:
        return ()
    if app.file and app.attribute and app.file.startswith(f"{PROJECT}/") and app.loader != "paste":
        call = "" if app.call is None else f"({app.call})"
        return (f"{app.file.removeprefix(f'{PROJECT}/')}:{app.attribute}{call}",)
    return (str(app),)


def setting_words(values: Mapping[str, str]) -> tuple[str, ...]:
    """Return settings as options of `enuf up`, save for those whose names say that they are secret."""
    pairs = (("--set", f"{key}={value}") for key, value in values.items() if not says_secret(key))
    return tuple(word for pair in pairs for word in pair)


def _extras(plan: Plan) -> tuple[str, ...]:
    if plan.greenlets:
        return ("gevent",)
    return SERVERS[plan.topology.server].extras


def _alone(argv: Sequence[str]) -> tuple[str, ...]:
    """Return the command of a server that runs with its rendered files, and without a supervisor."""
    return tuple(word.replace(PATHS.generation_folder, PATHS.conf) for word in argv)


def _environment(given: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in given.items() if "{generation}" not in value}


def _link_port(plan: Plan) -> int:
    shared = next((at for at in plan.server.shared if isinstance(at, TcpAddress)), None)
    return shared.port if shared and plan.front else 0


def written_folders(found: Sequence[WrittenPath], project: str) -> tuple[WrittenFolder, ...]:
    """Return the folders that the app writes, each once; a database in the project's own folder cannot be a volume."""
    folders: dict[str, WrittenFolder] = {}
    for each in found:
        for folder in _folder_of(each, project):
            inside = folder.removeprefix(f"{project}/")
            folders.setdefault(
                inside,
                WrittenFolder(
                    name=engine_name(inside.replace("/", "-")),
                    path=f"{PROJECT}/{inside}",
                    reason=f"{each.file}:{each.line}",
                    is_database=each.kind == "database",
                ),
            )
    return tuple(folder for name, folder in folders.items() if not _is_below_another(name, folders))


def _folder_of(each: WrittenPath, project: str) -> Iterator[str]:
    folder = each.path.rpartition("/")[0] if each.kind == "database" else each.path
    if folder != project:
        yield folder


def _is_below_another(name: str, folders: Mapping[str, object]) -> bool:
    return any(name != other and name.startswith(f"{other}/") for other in folders)
