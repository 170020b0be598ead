"""The commands of reload.before: run one after the other, each in a session of its own, bounded in time and output."""

from __future__ import annotations

import asyncio
import os
import shlex
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from enuf.errors import NotReady
from enuf.model.plan import Plan
from enuf.model.process import Errand, Preparation
from enuf.run.process.children import Child, Children
from enuf.run.process.environment import command_environment, program_of
from enuf.run.process.stopping import TERM_WITHIN_S, end_all_of
from enuf.system import files

LOOK_EVERY_S = 0.5
LONGEST_OUTPUT_BYTES = 8_000_000
OUTPUT_KEPT_BYTES = 8192


class Preparations:
    """Runs the commands that a plan wants before it takes over."""

    def __init__(self, children: Children, environ: Mapping[str, str], note: Callable[[str], None]) -> None:
        """`note` gets what each command has printed."""
        self._children = children
        self._environ = environ
        self._note = note

    async def run(self, plan: Plan, progress: Callable[[str], None]) -> None:
        """Run the commands of the plan.

        Raise NotReady with the output of the first one that fails: the later ones are not run.
        """
        preparation = plan.preparation
        if preparation is None:
            return
        environment = command_environment(preparation, self._environ, plan.env_files)
        log = Path(plan.paths.runtime) / "before.log"
        for command in preparation.commands:
            progress(f"running {command}")
            began_s = time.monotonic()
            files.remove(log)
            try:
                problem = await self._run(command, preparation, environment, log)
            finally:
                output = files.tail(log, OUTPUT_KEPT_BYTES).strip()
                files.remove(log)
            if problem:
                raise NotReady(
                    f"reload.before: `{command}` {problem}",
                    f"mend it, then try again; by hand: cd {shlex.quote(preparation.directory)} && {command}",
                    detail=output,
                    slug="reload-before-failed",
                )
            lines = "".join(f"\n  {line}" for line in output.splitlines())
            self._note(f"reload.before: ran {command} in {time.monotonic() - began_s:.1f} s{lines}")

    async def _run(
        self, command: str, preparation: Preparation, environment: Mapping[str, str], log: Path
    ) -> str:
        """Run one command to its end. Return why it failed, in words, or an empty string."""
        words = shlex.split(command)
        program = program_of(words[0], preparation.directory, environment["PATH"])
        if program is None:
            return f"names a program that is neither in {preparation.programs} nor on PATH: {words[0]}"
        errand = Errand(argv=(program, *words[1:]), directory=preparation.directory, log=str(log))
        try:
            child = self._children.start(errand, environment, key="before")
        except OSError as error:
            return f"cannot be run: {error.strerror or error}"
        try:
            return await _end_of(child, log, preparation.within_s)
        finally:
            if child.is_running:
                child.signal("TERM")
                await child.exit_within(TERM_WITHIN_S)
            await end_all_of(child, self._children)


async def _end_of(child: Child, log: Path, within_s: float) -> str:
    """Wait for the end of a command. Return why it failed, in words, or an empty string."""
    deadline = asyncio.get_running_loop().time() + within_s
    while not await child.exit_within(LOOK_EVERY_S):
        if asyncio.get_running_loop().time() > deadline:
            return f"took longer than {within_s:g} s (reload.before_timeout), and was ended"
        if files.size_of(log) > LONGEST_OUTPUT_BYTES:
            return f"printed more than {LONGEST_OUTPUT_BYTES // 1_000_000} MB, and was ended"
    code = os.waitstatus_to_exitcode(child.exited.result())
    if code == 0:
        return ""
    return f"ended with exit status {code}" if code > 0 else f"was ended by signal {-code}"
