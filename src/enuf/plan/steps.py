"""The steps that carry out a plan, as the commands and lines that a person would type."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

import msgspec
from msgspec.structs import replace

from enuf.model.address import TcpAddress, UnixAddress
from enuf.model.app import AppRef
from enuf.model.paths import GENERATION
from enuf.model.plan import Plan
from enuf.model.process import ProcessSpec, Signal
from enuf.plan.topologies import FRONTS, SERVERS
from enuf.servers.shim import NAME as SHIM
from enuf.servers.shim import loading
from enuf.syntax.excerpt import excerpt

_LENT = ("fd://", "%(_)")
"""Parts of lines that have a meaning in enuf only: lent sockets, and folders of generations."""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One step of a start, a reload or a stop."""

    title: str
    commands: tuple[str, ...] = ()
    """To be typed in the project's folder."""
    file: str = ""
    lines: tuple[str, ...] = ()
    """To be written into that file."""
    note: str = ""


def steps(plan: Plan) -> tuple[Step, ...]:
    """Return the steps of a start in their order, then those of a reload and of a stop."""
    parts = (_app, _server, _front, _ask, _later)
    return tuple(step for part in parts for step in part(plan))


def _app(plan: Plan) -> Iterator[Step]:
    app, words = plan.app, SERVERS[plan.topology.server].in_words
    named = shlex.quote(str(app))
    found = Step(title=f"Find the app: {app}")
    if words.command:
        found = replace(found, commands=(_from_its_folder(words.command.format(app=named), plan),))
    elif not app.needs_module:
        found = replace(found, note=f"on a command line: {words.option.format(app=named)}")
    yield _with_lines(found, plan, words.app)
    yield from _between(plan)
    yield Step(
        title="Import it once in a process of its own",
        commands=(_from_its_folder(shlex.join(("python", "-c", _imported(app))), plan),),
        note="an error ends the start here",
    )
    for path in plan.env_files:
        yield Step(
            title=f"Give it the variables of {plan.paths.shortened(path)}",
            commands=(f"set -a; . {shlex.quote(_at_hand(path, plan))}; set +a",),
            note="for a shell, values with blanks need quotes",
        )


def _between(plan: Plan) -> Iterator[Step]:
    """Yield the step for the module that the server loads in place of the app."""
    for file in plan.files:
        if file.name == SHIM:
            text = tuple(line for line in file.text.splitlines() if line and not line.startswith('"""'))
            yield Step(
                title="Write a module that wraps the app",
                file=plan.paths.shortened(f"{plan.paths.conf}/{file.name}"),
                lines=text,
                note="the server loads that one; the three that it imports are beside it",
            )


def _imported(app: AppRef) -> str:
    """Return the Python statements that import the app and call its factory.

    Most failures of a start happen there.
    """
    if app.loader != "module":
        return "; ".join(loading(app))
    attribute = app.attribute or ""
    statement = f"from {app.module} import {attribute.partition('.')[0]}"
    if app.call is not None:
        return f"{statement}; {attribute}({app.call})"
    return f"{statement}; {attribute}" if "." in attribute else statement


def _from_its_folder(command: str, plan: Plan) -> str:
    """Return the command, with PYTHONPATH where imports start in another folder than the project's."""
    if plan.app.directory == plan.paths.project:
        return command
    return f"PYTHONPATH={shlex.quote(plan.paths.shortened(plan.app.directory))} {command}"


def _server(plan: Plan) -> Iterator[Step]:
    server, process = SERVERS[plan.topology.server], plan.server.process
    if process.config:
        size = f"{plan.processes} x {plan.threads} requests at once"
        yield _with_lines(Step(title=f"Write {process.config}: {size}"), plan, server.in_words.size)
    if process.lends:
        yield _with_lines(_bind(plan), plan, server.in_words.socket)
    yield Step(title=f"Start {server.title}", commands=(_start(plan),))


def _start(plan: Plan) -> str:
    process = plan.server.process
    command = _command(process, plan)
    return command if process.config else _from_its_folder(command, plan)


def _bind(plan: Plan) -> Step:
    lent = "enuf lends it: who waits in it outlives the server"
    if any(isinstance(lend.address, TcpAddress) for lend in plan.server.process.lends):
        return Step(title="Bind the port", commands=_folders(plan), note=lent)
    return Step(title="Bind the socket, for our own user only", commands=_folders(plan), note=lent)


def _folders(plan: Plan) -> tuple[str, ...]:
    """Return the step that makes the folders of sockets, fifos, pid files and the front's temporary files."""
    folders = [plan.paths.runtime, *([plan.paths.temp] if plan.front else [])]
    return (f"mkdir -p -m 700 {shlex.join(folders)}",)


def _front(plan: Plan) -> Iterator[Step]:
    if plan.front is None:
        return
    process, name = plan.front.process, plan.front.process.name
    file = plan.file(process.config)
    site = excerpt(file.text, FRONTS[plan.topology.front].in_words, without=(plan.paths.front_socket,))
    path = f"{plan.paths.conf}/{file.name}"
    folders = () if plan.server.process.lends else _folders(plan)
    yield Step(
        title=f"Write the site of {name}", commands=folders, file=plan.paths.shortened(path), lines=site
    )
    if process.test:
        command = shlex.join(_named((*process.test.argv, path), plan))
        yield Step(title="Test that file", commands=(command,), note="it says nothing about the app")
    yield Step(title=f"Start {name}", commands=(_command(process, plan),))


def _ask(plan: Plan) -> Iterator[Step]:
    curl = ["curl", "-i", *(["--haproxy-protocol"] if plan.proxied else [])]
    if isinstance(plan.listen, UnixAddress):
        words = [*curl, "--unix-socket", plan.listen.path, f"http://localhost{plan.health.path}"]
    else:
        trust = ["--cacert", plan.tls.ca] if plan.tls and plan.tls.ca else []
        words = [*curl, *trust, f"{plan.listen.url(plan.health.scheme)}{plan.health.path}"]
    yield Step(title="Ask for a page, through everything", commands=(shlex.join(words),))


def _later(plan: Plan) -> Iterator[Step]:
    words = SERVERS[plan.topology.server].in_words
    stop = _typed(words.stop, plan)
    commands = _typed(words.reload, plan) or (*stop, _start(plan))
    note = "nobody is served in between" if plan.server.hand_over == "restart" else _BESIDE
    yield Step(title="enuf reload would be", commands=commands, note=note)
    fronts = _signals(plan.front.process) if plan.front else ()
    yield Step(title="enuf down would be", commands=(*fronts, *stop))


_BESIDE = (
    "enuf itself starts a second server on a socket of its own, "
    "which must answer before visitors are led there and the first one goes"
)


def _typed(commands: tuple[str, ...], plan: Plan) -> tuple[str, ...]:
    return tuple(command.format(run=shlex.quote(plan.paths.runtime)) for command in commands)


def _signals(process: ProcessSpec) -> tuple[str, ...]:
    found = (step for step in process.stop if isinstance(step, Signal))
    return tuple(f"kill -{step.name} PID_OF_{process.name.upper()}" for step in found)[:1]


# -- words


def _with_lines(step: Step, plan: Plan, names: tuple[str, ...]) -> Step:
    """Return the step with these lines of the server's file, if it has a file."""
    config = plan.server.process.config
    if not config:
        return step
    lines = excerpt(plan.file(config).text, names, without=_LENT)
    return replace(step, file=plan.paths.shortened(f"{plan.paths.conf}/{config}"), lines=lines)


def _command(process: ProcessSpec, plan: Plan) -> str:
    """Return the command line with the path of the readable file, and with relative names for files of the project."""
    paths = plan.paths
    words = [word.replace(paths.generation_folder, paths.conf) for word in _named(process.argv, plan)]
    if process.directory == paths.project:
        words = [plan.paths.shortened(word) for word in words]
    return shlex.join(words)


def pasteable_command(process: ProcessSpec, plan: Plan) -> str:
    """Return the command line with whole paths, with the readable file in place of a generation's copy of it."""
    words = (word.replace(plan.paths.generation_folder, plan.paths.conf) for word in process.argv)
    return shlex.join(word.replace(GENERATION, "1") for word in words)


def _named(argv: tuple[str, ...], plan: Plan) -> tuple[str, ...]:
    """Return the command line with the program's name in place of its path, as in an activated virtualenv."""
    programs = {tool.argv: name for name, tool in plan.toolchain.tools.items()}
    programs[(plan.toolchain.python.executable,)] = "python"
    found = next((start for start in programs if argv[: len(start)] == start), ())
    return (programs[found], *argv[len(found) :]) if found else argv


def _at_hand(path: str, plan: Plan) -> str:
    """Return a path with a slash: the shell's `.` searches PATH for a name without one."""
    short = plan.paths.shortened(path)
    return short if short.startswith("/") else f"./{short}"
