"""The uWSGI that the containers of Dockerfiles and compose files run."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator

from enuf.doctor.container import ComposeService
from enuf.doctor.evidence import SourceFile, StartCommand
from enuf.doctor.read.commands import Command, uwsgi_command, uwsgi_commands
from enuf.doctor.read.dockerfiles import exec_form
from enuf.doctor.read.images import read_image
from enuf.doctor.service_variables import values_of_service
from enuf.syntax.yaml_outline import YamlNode

_OTHER_SERVERS = re.compile(r"gunicorn\d?|uvicorn|hypercorn|daphne|granian|waitress-serve|celery|supervisord")
"""Programs with words of their own, of which one may be `uwsgi`."""


def dockerfile_starts(file: SourceFile) -> Iterator[StartCommand]:
    """Yield the uWSGI that ENTRYPOINT and CMD of the last stage start."""
    stage = read_image(file.path, file.text)
    if stage is None:
        return
    line, command = stage.command
    entry_line, entry = stage.entrypoint
    words = [*(exec_form(entry) or ()), *(exec_form(command) or ())]
    uwsgi: Command | None = None
    if entry and exec_form(entry) is None:
        line, uwsgi = entry_line, next(uwsgi_commands(entry, stage.directory), None)
    elif command and exec_form(command) is None and not entry:
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
            stop_signal=stage.stop_signal,
        )


def _after_entrypoint(words: list[str], directory: str) -> Command | None:
    """Return the command that is passed to an entrypoint script, None if it is not uWSGI's."""
    for position, word in enumerate(words[1:], 1):
        before = words[position - 1]
        if _OTHER_SERVERS.fullmatch(before.rpartition("/")[2]):
            return None
        if word.rpartition("/")[2] in ("uwsgi", "pyuwsgi") and (before == "--" or not before.startswith("-")):
            return uwsgi_command(words[position:], directory)
    return None


def compose_start(
    service: ComposeService, directory: str, read: Callable[[str], str | None]
) -> StartCommand | None:
    """Return the uWSGI that a service starts by a command of its own, None if the command is another one.

    `directory` is the service's working folder, or that of its image.
    """
    words, line = _compose_words(service.node)
    command = uwsgi_command(words, directory) if words else None
    if command is None and len(words) == 1:
        command = next(uwsgi_commands(words[0], directory), None)
    if command is None:
        return None
    return StartCommand(
        kind="compose",
        file=service.file,
        line=line,
        argv=command.argv,
        directory=command.directory,
        user=service.node.word("user").partition(":")[0] or command.user,
        environ={**values_of_service(service, read)[0], **command.environ},
        environ_incomplete=True,
        stop_signal=service.node.word("stop_signal"),
    )


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
