"""Faults under load: one process of a stack gets a signal at some moment.

The lost requests and the remaining processes must be those that the documentation allows.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

import psutil

from tests.support.load import Client, LoadResult

from .stack import Stack, until
from .under_load import under_load

CLIENTS = (
    *[Client("/")] * 4,
    *[Client("/", keep_alive=True)] * 2,
    *[Client("/echo", "POST", body=b"x=1")] * 2,
    *[Client("/slow?seconds=0.2")] * 2,
)
PROCESSES, THREADS = 2, 2
KINDS = (
    "supervisor", "dashboard", "nginx master", "nginx worker", "uWSGI master", "uWSGI worker", "import of the app", "plan",
)  # fmt: skip
SHORT_LIVED = ("import of the app", "plan")
SIGNALS = ("KILL", "TERM", "SEGV", "ABRT", "STOP")
"""A stopped process is continued a moment later."""
MOMENTS = ("serving", "reload", "start", "down")
STOPPED_FOR_S = 1.0
LOOKS_FOR_S = 1.0
"""A process that is not there yet is waited for so long: some live for a moment only."""
_IN_HAND = PROCESSES * THREADS
_LOSES = {
    "uWSGI worker": THREADS,
    "uWSGI master": _IN_HAND,
    "nginx master": len(CLIENTS),
    "nginx worker": len(CLIENTS),
}
"""How many requests the death of a process may cost: those that it had in hand."""
_SLOW_END_OF_UWSGI = 10
"""SIGTERM to the uWSGI master: it goes on taking requests for a moment and answers none of them (F70)."""


class Trial(NamedTuple):
    """A fault: a signal to one kind of process at one moment."""

    kind: str
    signal: str
    moment: str
    after_s: float
    """Seconds from the beginning of the moment to the signal."""
    chance: int
    """Chooses one of several processes of that kind."""

    def __str__(self) -> str:
        return f"SIG{self.signal} to the {self.kind} {self.after_s:.2f} s into {self.moment}"

    @property
    def ends(self) -> bool:
        """True for a signal that ends the process."""
        return self.signal != "STOP"

    def may_lose(self) -> int | None:
        """Return how many requests may fail; None where the stack goes down with the process."""
        if not self.ends:
            return 0
        if self.kind == "supervisor":
            return None
        if self.kind == "uWSGI master" and self.signal == "TERM":
            return _SLOW_END_OF_UWSGI
        return _LOSES.get(self.kind, 0)


class Result(NamedTuple):
    """The result of a trial."""

    trial: Trial
    struck: bool
    """False when there was no process of that kind at that moment."""
    answered: int
    lost: int
    problems: tuple[str, ...]


def trials(seed: int, count: int) -> list[Trial]:
    """Return `count` trials, which the seed determines; every kind and moment is among the first."""
    chance = random.Random(seed)
    found = []
    for number in range(count):
        moment = MOMENTS[number % len(MOMENTS)]
        kinds = [kind for kind in KINDS if moment in ("reload", "start") or kind not in SHORT_LIVED]
        kind = kinds[(number // len(MOMENTS) + number) % len(kinds)]
        after_s = chance.random() * {"serving": 0.2, "reload": 1.0, "start": 1.2, "down": 0.3}[moment]
        found.append(Trial(kind, chance.choice(SIGNALS), moment, after_s, chance.randrange(8)))
    return found


def run_trial(stack: Stack, trial: Trial) -> Result:
    """Run a trial on a serving stack and return its result; the stack serves again afterwards."""
    problems: list[str] = []
    strike = _Strike(stack, trial)
    count = _MOMENTS[trial.moment](stack, strike, problems)
    strike.release()
    lost = sum(
        number for name, number in count.categories.items() if name != "200" and not name.endswith("-idle")
    )
    allowed = trial.may_lose() if strike.hit else 0
    if trial.moment == "down" or allowed is None:
        lost = 0  # nobody promises an answer to those who come when the stack has gone
    elif lost > allowed:
        problems.append(f"{lost} requests lost, {allowed} may be: {count}")
    return Result(trial, strike.hit is not None, count.ok, lost, tuple(problems))


class _Strike:
    """The signal of a trial, and its target."""

    def __init__(self, stack: Stack, trial: Trial) -> None:
        self.trial = trial
        self.hit: int | None = None
        self._stack = stack

    def at(self, client: int = 0) -> None:
        """Wait for the moment and send the signal; `client` is the pid of the running command, which is no part of the stack."""
        time.sleep(self.trial.after_s)
        found, latest = self._victims(client), time.monotonic() + LOOKS_FOR_S
        while not found and time.monotonic() < latest:
            time.sleep(0.01)
            found = self._victims(client)
        if not found:
            return
        victim = sorted(found)[self.trial.chance % len(found)]
        with contextlib.suppress(ProcessLookupError):
            os.kill(victim, getattr(signal, f"SIG{self.trial.signal}"))
            self.hit = victim
        if not self.trial.ends:
            threading.Timer(STOPPED_FOR_S, self.release).start()

    def _victims(self, client: int) -> list[int]:
        return processes_by_kind(self._stack, client).get(self.trial.kind, [])

    def release(self) -> None:
        """Continue the target if the signal stopped it."""
        if self.hit is not None and not self.trial.ends:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.hit, signal.SIGCONT)


def processes_by_kind(stack: Stack, client: int = 0) -> dict[str, list[int]]:
    """Return the pids of a stack by kind of process, without the running command `client`."""
    alive: dict[int, tuple[str, int]] = {}
    for process in stack.processes():
        with contextlib.suppress(psutil.Error):
            if process.pid not in (client, os.getpid()):
                alive[process.pid] = " ".join(process.cmdline()), process.ppid()
    found: dict[str, list[int]] = {}
    for pid, (command, parent) in alive.items():
        found.setdefault(_kind(command, alive.get(parent, ("", 0))[0]), []).append(pid)
    return found


def _kind(command: str, of_parent: str) -> str:
    """Return the kind of a process from its command line and its parent's."""
    if "enuf.web" in command:
        return "dashboard"
    if "nginx" in command.split(" ", 1)[0]:
        return "nginx worker" if "worker" in command else "nginx master"
    if "faulthandler" in command:
        return "import of the app"
    if "-m enuf" in command:
        return "plan" if "-m enuf" in of_parent else "supervisor"
    if "uwsgi" in command:
        return "uWSGI worker" if "uwsgi" in of_parent and "-m enuf" not in of_parent else "uWSGI master"
    return "other"


# -- the moments --------------------------------------------------------------------------------------------------


def _serving(stack: Stack, strike: _Strike, problems: list[str]) -> LoadResult:
    def happen() -> None:
        strike.at()
        _is_back(stack, strike, problems)

    return under_load(stack, happen, clients=CLIENTS, settle_s=0.2)[0]


def _reload(stack: Stack, strike: _Strike, problems: list[str]) -> LoadResult:
    def happen() -> None:
        command = stack.start("reload")
        strike.at(command.pid)
        if (code := _ended(command, problems)) not in (0, 3, 7):
            problems.append(f"reload ended with {code}")
        _is_back(stack, strike, problems)

    return under_load(stack, happen, clients=CLIENTS, settle_s=0.2)[0]


def _start(stack: Stack, strike: _Strike, problems: list[str]) -> LoadResult:
    _down(stack, problems)
    command = stack.start("up", "-d", *ways(stack))
    strike.at(command.pid)
    code = _ended(command, problems)
    if code == 70 or (code and strike.hit is None):
        problems.append(f"up ended with {code}")
    _is_back(stack, strike, problems)
    return LoadResult({}, {})


def _stop(stack: Stack, strike: _Strike, problems: list[str]) -> LoadResult:
    def happen() -> None:
        command = stack.start("down")
        strike.at(command.pid)
        if (code := _ended(command, problems)) != 0:
            problems.append(f"down ended with {code}")

    count = under_load(stack, happen, clients=CLIENTS, settle_s=0.1)[0]
    strike.release()
    _down(stack, problems)
    stack.up(*ways(stack))
    return count


_MOMENTS: dict[str, Callable[[Stack, _Strike, list[str]], LoadResult]] = {
    "serving": _serving,
    "reload": _reload,
    "start": _start,
    "down": _stop,
}


def ways(stack: Stack) -> Sequence[str]:
    """Return the flags of every `enuf up` of a trial: the port never changes."""
    return ("--listen", f"127.0.0.1:{stack.port}", "--processes", str(PROCESSES), "--threads", str(THREADS))


def _ended(command: subprocess.Popen[str], problems: list[str]) -> int | None:
    try:
        command.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        problems.append("the command hangs")
        command.kill()
        command.communicate()
    return command.returncode


def _is_back(stack: Stack, strike: _Strike, problems: list[str]) -> None:
    """Wait until the stack serves; where its supervisor has gone, check that no process is left, and start the stack."""
    try:
        until(lambda: stack.run("status").code in (0, 3), what="a state that lasts")
        if stack.run("status").code == 3:
            if strike.trial.kind not in ("supervisor", "plan") and strike.trial.moment != "start":
                problems.append("the stack went down")
            until(lambda: not stack.processes(), what="nothing is left")
            stack.up(*ways(stack))
        until(lambda: stack.get("/").status == 200, what="an answer")
    except AssertionError as error:
        problems.append(str(error)[:500])


def _down(stack: Stack, problems: list[str]) -> None:
    """Stop the stack, and note what is left of it as problems."""
    done = stack.run("down")
    if done.code != 0:
        problems.append(f"down ended with {done.code}: {done.err[:200]}")
    left = stack.processes()
    if left:
        problems.append(f"left behind: {left}")
    if (stack.project / ".enuf/state.json").exists():
        problems.append("state.json is left behind")
    runtime = stack.project / ".enuf/run"
    names = (
        sorted(path.name for path in runtime.iterdir() if path.is_socket() or path.is_fifo())
        if runtime.is_dir()
        else []
    )
    if names:
        problems.append(f"sockets left behind: {names}")
