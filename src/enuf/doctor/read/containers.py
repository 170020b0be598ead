"""The uWSGI that the containers of Dockerfiles and compose files run."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator

import msgspec

from enuf.doctor.evidence import SourceFile, StartCommand
from enuf.doctor.read.commands import Command, uwsgi_command, uwsgi_commands
from enuf.syntax.unit import COMMAND_LIMIT
from enuf.syntax.yaml_outline import YamlNode, read_outline

_INSTRUCTION = re.compile(r"\s*([A-Za-z]+)\s+(.*)", re.DOTALL)
_ENV_PAIR = re.compile(r'(?<!\w)([A-Za-z_]\w*)=("[^"]*+"|\'[^\']*+\'|\S*)')


class _Stage(msgspec.Struct):
    directory: str = "/"
    user: str = ""
    environ: dict[str, str] = {}
    entrypoint: tuple[int, str] = (0, "")
    command: tuple[int, str] = (0, "")
    copies: list[str] = []


def dockerfile_starts(file: SourceFile) -> Iterator[StartCommand]:
    """Yield the uWSGI that ENTRYPOINT and CMD of the last stage start."""
    stage = _last_stage(file.text)
    line, command = stage.command
    entry_line, entry = stage.entrypoint
    words = [*(_exec_form(entry) or ()), *(_exec_form(command) or ())]
    uwsgi: Command | None = None
    if entry and _exec_form(entry) is None:
        line, uwsgi = entry_line, next(uwsgi_commands(entry, stage.directory), None)
    elif command and _exec_form(command) is None and not entry:
        uwsgi = next(uwsgi_commands(command, stage.directory), None)
    if uwsgi is None and words:
        uwsgi = uwsgi_command(words, stage.directory) or _after_entrypoint(words, stage.directory)
        line = line or entry_line
    if uwsgi:
        yield StartCommand(
            kind="docker",
            file=file.path,
            line=line or entry_line or 1,
            argv=uwsgi.argv,
            directory=uwsgi.directory or stage.directory,
            user=stage.user or uwsgi.user,
            environ={**stage.environ, **uwsgi.environ},
            environ_incomplete=True,
            stop_signal="",
        )


def _after_entrypoint(words: list[str], directory: str) -> Command | None:
    """Return the command that is passed to an entrypoint script, None if it is not uWSGI's."""
    for position, word in enumerate(words[1:], 1):
        if word.rpartition("/")[2] in ("uwsgi", "pyuwsgi"):
            return uwsgi_command(words[position:], directory)
    return None


def _last_stage(text: str) -> _Stage:
    stage = _Stage()
    for line_number, name, rest in _instructions(text):
        match name:
            case "FROM":
                stage = _Stage(environ={}, copies=[])
            case "WORKDIR":
                stage.directory = rest if rest.startswith("/") else f"{stage.directory.rstrip('/')}/{rest}"
            case "USER":
                stage.user = rest.partition(":")[0]
            case "ENV":
                stage.environ.update(_environment(rest))
            case "ENTRYPOINT":
                stage.entrypoint = (line_number, rest)
                stage.command = (0, "")
            case "CMD":
                stage.command = (line_number, rest)
    return stage


def _instructions(text: str) -> Iterator[tuple[int, str, str]]:
    waiting: list[str] = []
    first = 0
    for line_number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if line.startswith("#") or (not line and waiting):
            continue
        first = first if waiting else line_number
        waiting.append(line.removesuffix("\\"))
        if line.endswith("\\"):
            continue
        match = _INSTRUCTION.fullmatch(" ".join(waiting)[:COMMAND_LIMIT])
        waiting = []
        if match:
            yield first, match[1].upper(), match[2].strip()


def _environment(rest: str) -> dict[str, str]:
    pairs = {key: value.strip("\"'") for key, value in _ENV_PAIR.findall(rest)}
    if not pairs:
        key, _, value = rest.partition(" ")
        return {key: value.strip()}
    return pairs


def _exec_form(text: str) -> list[str] | None:
    """Return the words of `["uwsgi", "--ini", "x.ini"]`, None for the shell form."""
    if not text.startswith("["):
        return None
    try:
        words = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return [str(word) for word in words] if isinstance(words, list) else None


def compose_starts(file: SourceFile) -> Iterator[StartCommand]:
    """Yield the uWSGI that services of a compose file start by a command of their own."""
    services = read_outline(file.text).at("services")
    for service in (services.members if services else {}).values():
        words, line = _compose_words(service)
        directory = _text(service, "working_dir") or "/"
        command = uwsgi_command(words, directory) if words else None
        if command is None and len(words) == 1:
            command = next(uwsgi_commands(words[0], directory), None)
        if command:
            yield StartCommand(
                kind="compose",
                file=file.path,
                line=line,
                argv=command.argv,
                directory=command.directory,
                user=_text(service, "user").partition(":")[0] or command.user,
                environ={**_compose_environment(service.at("environment")), **command.environ},
                environ_incomplete=True,
                stop_signal=_text(service, "stop_signal"),
            )


def _text(service: YamlNode, key: str) -> str:
    node = service.at(key)
    return node.text if node else ""


def _compose_words(service: YamlNode) -> tuple[list[str], int]:
    for key in ("command", "entrypoint"):
        node = service.at(key)
        if node is None or "uwsgi" not in " ".join([node.text, *(item.text for item in node.items)]):
            continue
        if node.items:
            return [item.text for item in node.items], node.line
        try:
            return shlex.split(node.text), node.line
        except ValueError:
            return [node.text], node.line
    return [], 0


def _compose_environment(node: YamlNode | None) -> dict[str, str]:
    if node is None:
        return {}
    pairs = [item.text.partition("=") for item in node.items]
    return {
        **{key: each.text for key, each in node.members.items()},
        **{key: value for key, _, value in pairs},
    }
