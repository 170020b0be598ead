"""A plan for the container of an image: paths and programs as they are in there, not as they are on this machine."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from msgspec.structs import replace

from enuf.errors import SettingsInvalid
from enuf.model.paths import StackPaths
from enuf.model.peers import Peers
from enuf.model.tool import Interpreter, Machine, Tool, Toolchain
from enuf.plan.in_image import relocated
from enuf.plan.request import PlanRequest

PROJECT = "/app"
VIRTUALENV = "/opt/venv"
USER = "app"
USER_ID = 10001
"""Above the ids of a distribution's own users, and a number: an engine can tell that it is not root's."""
PATHS = StackPaths(project=PROJECT, home="/etc/enuf", runtime="/run/enuf", logs="/var/log/enuf")
MACHINE = Machine(cpus=2, somaxconn=4096, max_files=1_048_576, user=USER, is_root=False)
"""What one container has. Linux gives each network namespace a queue of 4096 since 5.4."""


def request_in_container(request: PlanRequest, peers: Peers | None = None) -> PlanRequest:
    """Return the request with every path as it is in the container, and with the programs of the image.

    Raise SettingsInvalid for a path that no image of the project holds.
    """
    moves = _moves(request)
    _refuse_outside(request, moves)

    def move(path: str) -> str:
        return _moved(path, moves)

    return replace(
        request,
        report=relocated(request.report, move),
        toolchain=_toolchain(request.toolchain),
        paths=PATHS,
        extra_static=tuple(relocated(each, move) for each in request.extra_static),
        protected=tuple(relocated(each, move) for each in request.protected),
        pages=relocated(request.pages, move),
        real_paths=relocated(request.real_paths, move),
        container=True,
        peers=peers,
        rendered=True,
        enuf_python=f"{VIRTUALENV}/bin/python",
    )


def _refuse_outside(request: PlanRequest, moves: Sequence[tuple[str, str]]) -> None:
    outside = dict.fromkeys(path for path in _named(request) if _moved(path, moves) == path)
    if outside:
        raise SettingsInvalid(
            f"an image holds the project alone, and these lie outside of {request.paths.project}: {', '.join(outside)}",
            "move them into the project, or name other ones",
            slug="outside-image",
        )


def _moves(request: PlanRequest) -> list[tuple[str, str]]:
    """Return the folders of this machine, and their places in the container; inner folders first."""
    project, python = request.paths.project, request.toolchain.python
    real = request.real_paths.get(project, project)
    pairs = {project: PROJECT, real: PROJECT, python.prefix: VIRTUALENV}
    return sorted(pairs.items(), key=lambda pair: -len(pair[0]))


def _moved(path: str, moves: Iterable[tuple[str, str]]) -> str:
    for old, new in moves:
        if path == old or path.startswith(f"{old}/"):
            return new + path[len(old) :]
    return path


def _named(request: PlanRequest) -> Iterator[str]:
    report = request.report
    yield report.app.directory
    if report.app.file:
        yield report.app.file
    yield from (each.directory for each in (*report.static_folders, *request.extra_static))
    yield from (each.directory for each in request.protected)
    yield from request.pages.files


def _toolchain(here: Toolchain) -> Toolchain:
    """Return the programs of the image, with the versions that are on this machine."""
    python = Interpreter(
        executable=f"{VIRTUALENV}/bin/python",
        version=here.python.version,
        prefix=VIRTUALENV,
        base_prefix="/usr/local",
        origin="the image's own",
    )
    return Toolchain(
        machine=MACHINE,
        python=python,
        tools={
            name: replace(tool, origin="embedded", argv=_words(tool, here.python))
            for name, tool in here.tools.items()
        },
    )


def _words(tool: Tool, python: Interpreter) -> tuple[str, ...]:
    """Return the command of a program of the image: a module of its Python, or a script beside that."""
    programs = f"{VIRTUALENV}/bin"
    program, *options = tool.argv
    if program == python.executable and options[:1] in ([], ["-m"]):
        return (f"{programs}/python", *options)
    return (f"{programs}/{tool.name}",)
