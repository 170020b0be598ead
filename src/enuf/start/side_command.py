"""A command beside an installed site: `python -m enuf.start.side_command --project … -- COMMAND`, as the app's user.

The command runs in the folder that the project's link leads to now, with the app's environment. Its output goes to its
log with the time of each line, and how each run ended to a file beside the log. TERM is passed on; the exit status is
that of the command.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType

from enuf.model.process import AppPrograms
from enuf.plan.release_paths import through_link
from enuf.run.beside.output import CHUNK_BYTES, LineLog
from enuf.run.process.environment import command_environment, program_of
from enuf.system.side_runs import remember_run

CANNOT_RUN = 127
_ENDING = frozenset((signal.SIGTERM, signal.SIGINT, signal.SIGQUIT))
_FORWARDED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2, signal.SIGQUIT)


def run_side_command(words: Sequence[str], environ: Mapping[str, str]) -> int:
    """Run the command to its end. Return its exit status; 128 and its number for a signal."""
    given, began_s, asked = _parsed(words), time.monotonic(), set[int]()
    code = _run_given(given, environ, asked)
    remember_run(
        Path(given.log).parent,
        given.name,
        code,
        was_stopped=bool(asked & _ENDING),
        lasted_s=time.monotonic() - began_s,
        at=time.time(),
    )
    return code if code >= 0 else 128 - code


def _run_given(given: argparse.Namespace, environ: Mapping[str, str], asked: set[int]) -> int:
    """Run the command to its end. Return its exit status, or the negative number of a signal; `asked` gets those passed on."""
    real = os.path.realpath(given.project)

    def now(path: str) -> str:
        return through_link(path, real, given.project)

    programs = AppPrograms(
        directory=real,
        programs=now(given.programs),
        virtualenv=now(given.virtualenv),
        flask_app=now(given.flask_app),
    )
    env_files = [name for name in map(now, given.env_file) if os.path.isfile(name)]  # noqa: PTH113
    environment = command_environment(programs, environ, env_files)
    environment.setdefault("PYTHONUNBUFFERED", "1")
    environment.update(each.split("=", 1) for each in given.env)
    log = LineLog(Path(given.log), given.layer, json=given.json)
    program = program_of(given.command[0], real, environment["PATH"])
    if program is None:
        log.feed(f"there is no program {given.command[0]} in {programs.programs} or on PATH\n".encode())
        return CANNOT_RUN
    try:
        return _run((program, *given.command[1:]), real, environment, log, asked)
    except OSError as error:
        log.feed(f"{program} cannot be run: {error.strerror}\n".encode())
        return CANNOT_RUN


def _run(
    argv: Sequence[str], folder: str, environment: Mapping[str, str], log: LineLog, asked: set[int]
) -> int:
    with subprocess.Popen(
        list(argv), cwd=folder, env=dict(environment), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, bufsize=0,
    ) as child:  # fmt: skip

        def forward(number: int, _frame: FrameType | None) -> None:
            asked.add(number)
            child.send_signal(number)

        for number in _FORWARDED:
            signal.signal(number, forward)
        assert child.stdout
        while data := os.read(child.stdout.fileno(), CHUNK_BYTES):
            log.feed(data)
        log.flush()
        return child.wait()


def _parsed(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="side_command")
    for name in ("--project", "--log", "--layer", "--name", "--programs"):
        parser.add_argument(name, required=True)
    parser.add_argument("--env-file", action="append", default=[])
    parser.add_argument("--env", action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--virtualenv", default="")
    parser.add_argument("--flask-app", default="")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("command", nargs="+")
    return parser.parse_args(words)


if __name__ == "__main__":
    sys.exit(run_side_command(sys.argv[1:], os.environ))
