"""What enuf does for a plan, step by step, in the commands and lines that a person would have typed."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import PurePosixPath

import msgspec
from msgspec.structs import replace

from enuf.model.address import TcpAddress, UnixAddress
from enuf.model.plan import Plan
from enuf.model.process import ProcessSpec, StopStep, WriteFifo
from enuf.plan.topologies import FRONTS, SERVERS
from enuf.syntax.excerpt import excerpt

_LENT = ("fd://", "%(_)")
"""Marks of lines that only enuf can mean: the sockets that it lends, and the folders of its generations."""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that enuf does."""

    title: str
    commands: tuple[str, ...] = ()
    """To be typed in the project's folder."""
    file: str = ""
    lines: tuple[str, ...] = ()
    """To be written into that file."""
    note: str = ""


def steps(plan: Plan) -> tuple[Step, ...]:
    """Every step of a start in its order; then, what a reload and a stop would be."""
    parts = (_app, _server, _front, _ask, _later)
    return tuple(step for part in parts for step in part(plan))


def _app(plan: Plan) -> Iterator[Step]:
    app, words = plan.app, SERVERS[plan.topology.server].in_words
    named = words.on_command_line.format(
        app=shlex.quote(str(app)),
        file=shlex.quote(_short(app.file or f"{app.module}.py", plan)),
        object=shlex.quote(str(app).partition(":")[2]),
    )
    yield _with_lines(Step(title=f"Find the app: {app}", commands=(named,)), plan, words.app)
    imported = shlex.join(("python", "-c", f"from {app.module} import {app.attribute}"))
    if app.directory != plan.paths.project:
        imported = f"PYTHONPATH={shlex.quote(_short(app.directory, plan))} {imported}"
    yield Step(
        title="Import it once in a process of its own",
        commands=(imported,),
        note="an error ends the start here",
    )
    for path in plan.env_files:
        yield Step(
            title=f"Give it the variables of {_short(path, plan)}",
            commands=(f"set -a; . {shlex.quote(_at_hand(path, plan))}; set +a",),
        )


def _server(plan: Plan) -> Iterator[Step]:
    server, process = SERVERS[plan.topology.server], plan.server.process
    if process.config:
        size = f"{plan.processes} x {plan.threads} requests at once"
        yield _with_lines(Step(title=f"Write {process.config}: {size}"), plan, server.in_words.size)
    if process.lends:
        yield _with_lines(_bind(plan), plan, server.in_words.socket)
    yield Step(title=f"Start {server.title}", commands=(_command(process, plan),))


def _bind(plan: Plan) -> Step:
    lent = "enuf lends it: who waits in it outlives the server"
    if any(isinstance(lend.address, TcpAddress) for lend in plan.server.process.lends):
        return Step(title="Bind the port", note=lent)
    folder = f"mkdir -p -m 700 {shlex.quote(plan.paths.runtime)}"
    return Step(title="Bind the socket, for our own user only", commands=(folder,), note=lent)


def _front(plan: Plan) -> Iterator[Step]:
    if plan.front is None:
        return
    process, name = plan.front.process, plan.front.process.name
    file = plan.file(process.config)
    site = excerpt(file.text, FRONTS[plan.topology.front].in_words, without=(plan.paths.front_socket,))
    path = f"{plan.paths.conf}/{file.name}"
    yield Step(title=f"Write the site of {name}", file=_short(path, plan), lines=site)
    if process.test:
        command = shlex.join(_named((*process.test.argv, path), plan))
        yield Step(title="Test that file", commands=(command,), note="it says nothing about the app")
    yield Step(title=f"Start {name}", commands=(_command(process, plan),))


def _ask(plan: Plan) -> Iterator[Step]:
    if isinstance(plan.listen, UnixAddress):
        words = ["curl", "-i", "--unix-socket", plan.listen.path, f"http://localhost{plan.health.path}"]
    else:
        words = ["curl", "-i", f"{plan.listen.url()}{plan.health.path}"]
    yield Step(title="Ask for a page, through everything", commands=(shlex.join(words),))


def _later(plan: Plan) -> Iterator[Step]:
    running = plan.server.of_generation(1).process
    if plan.server.hand_over == "restart":
        yield Step(
            title="enuf reload would be",
            commands=(*_stop(running), _command(plan.server.process, plan)),
            note="nobody is served in between",
        )
    else:
        yield Step(
            title="enuf reload would be",
            commands=(*_second(plan), *_stop(running)),
            note="the second one must answer before the first one goes",
        )
    fronts = _stop(plan.front.process) if plan.front else ()
    yield Step(title="enuf down would be", commands=(*fronts, *_stop(running)))


def _second(plan: Plan) -> tuple[str, ...]:
    """The commands that start the next generation and point the front at it."""
    second = plan.server.of_generation(2)
    start = _command(second.process, plan)
    own = second.serves_at
    if plan.front is None or not isinstance(own, UnixAddress) or second.shared:
        return (start,)
    name, folder = PurePosixPath(own.path).name, shlex.quote(plan.paths.runtime)
    return start, f"cd {folder} && ln -s {shlex.quote(name)} new && mv -T new app.sock"


def _stop(process: ProcessSpec) -> tuple[str, ...]:
    return (_order(process.stop[0], process.name),)


def _order(step: StopStep, name: str) -> str:
    if isinstance(step, WriteFifo):
        return f"echo {step.text} > {shlex.quote(step.path)}"
    return f"kill -{step.name} PID_OF_{name.upper()}"


# -- words


def _with_lines(step: Step, plan: Plan, names: tuple[str, ...]) -> Step:
    """The step with those lines of the server's file, as far as it has any."""
    config = plan.server.process.config
    if not config:
        return step
    lines = excerpt(plan.file(config).text, names, without=_LENT)
    return replace(step, file=_short(f"{plan.paths.conf}/{config}", plan), lines=lines)


def _command(process: ProcessSpec, plan: Plan) -> str:
    """The command line, with the file where it can be read; names in the project are short where they may be."""
    paths = plan.paths
    words = [word.replace(paths.generation_folder, paths.conf) for word in _named(process.argv, plan)]
    if process.directory == paths.project:
        words = [_short(word, plan) for word in words]
    return shlex.join(words)


def _named(argv: tuple[str, ...], plan: Plan) -> tuple[str, ...]:
    """The command line with the program's name for its path, as one types it in an activated virtualenv."""
    programs = {tool.argv: name for name, tool in plan.toolchain.tools.items()}
    programs[(plan.toolchain.python.executable,)] = "python"
    found = next((start for start in programs if argv[: len(start)] == start), ())
    return (programs[found], *argv[len(found) :]) if found else argv


def _short(path: str, plan: Plan) -> str:
    return path.removeprefix(f"{plan.paths.project}/")


def _at_hand(path: str, plan: Plan) -> str:
    """A path that the shell's `.` does not look for elsewhere."""
    short = _short(path, plan)
    return short if short.startswith("/") else f"./{short}"
