"""Random faults of real processes, and an `enuf down` after each, which must end in time and leave no process.

A seed determines a trial. The tests run a few trials, `scripts/stop_trials.py` as many as one likes.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import time
from pathlib import Path

import msgspec
import psutil

from tests.support.stack import APP, Stack, stack_in

TIMEOUT_S = 1
LIMIT_S = TIMEOUT_S + 10
"""What is promised: `down` ends within the stack's own timeout and ten seconds."""
BUSY_S = 40
"""What a busy machine may add: to start the command, and to run what the stop waits for."""

MOMENTS = ("serving", "serving", "reload", "start", "down")
REAL_TIME = (
    tuple(range(signal.SIGRTMIN, signal.SIGRTMAX + 1)) if hasattr(signal, "SIGRTMIN") else (signal.SIGUSR1,)
)
NAMED = (
    *[signal.SIGKILL] * 4, *[signal.SIGSTOP] * 4, signal.SIGTERM, signal.SIGSEGV, signal.SIGABRT, signal.SIGHUP,
    signal.SIGUSR1, signal.SIGUSR2, signal.SIGINT, signal.SIGQUIT,
)  # fmt: skip

HELPERS = {
    "": "",
    "helper at import": "import subprocess\nsubprocess.Popen(['sleep', '300'])\n",
    "daemon at import": "import subprocess\nsubprocess.Popen(['sleep', '300'], start_new_session=True)\n",
    "thread": "import threading\nthreading.Thread(target=time.sleep, args=(300,)).start()\n",
    "deaf daemon": (
        "import subprocess\n"
        "subprocess.Popen(['sh', '-c', 'trap \"\" TERM; sleep 300; sleep 300'], start_new_session=True)\n"
    ),
}


class Outcome(msgspec.Struct, frozen=True):
    """The steps of a trial, and the result of its last `enuf down`."""

    seed: int
    moment: str
    app: str
    fault: str
    down_s: float
    problems: tuple[str, ...]


def trial(folder: Path, seed: int) -> Outcome:
    """Run one trial in this folder and return its outcome. No process is left in any case."""
    chance = random.Random(seed)
    moment, app = chance.choice(MOMENTS), chance.choice([*HELPERS, *[""] * len(HELPERS)])
    problems: list[str] = []
    down_s, told = 0.0, list[str]()
    try:
        with stack_in(
            folder, env={"ENUF_SERVE_USER": "root", "ENUF_DASHBOARD_LISTEN": "127.0.0.1:0"}
        ) as stack:
            stack.write("app.py", APP + HELPERS[app])
            faults = _Faults(stack, chance, told)
            problems += _PLAYS[moment](stack, faults, chance)
            down_s = _down(stack, problems)
            if left := _left(stack):
                problems.append(f"left: {left}")
    except AssertionError as error:  # a port or a socket was left
        problems.append(str(error))
    return Outcome(seed, moment, app, "; ".join(told), round(down_s, 2), tuple(problems))


class _Faults:
    """Signals to random processes of a stack."""

    def __init__(self, stack: Stack, chance: random.Random, told: list[str]) -> None:
        self._stack = stack
        self._chance = chance
        self._told = told

    def strike(self, *spared: int) -> None:
        """Send a signal to one or two of the processes; continue some of the stopped ones a moment later."""
        for _ in range(self._chance.choice((1, 1, 1, 2))):
            running = [one for one in self._stack.processes() if one.pid not in spared]
            if not running:
                self._told.append("nobody there")
                return
            number = self._chance.choice((self._chance.choice(NAMED), self._chance.choice(REAL_TIME)))
            self._signal(self._chance.choice(sorted(running, key=lambda one: one.pid)), number)

    def _signal(self, victim: psutil.Process, number: int) -> None:
        with contextlib.suppress(psutil.Error, OSError):
            self._told.append(f"{number} to {' '.join(victim.cmdline())[-60:]}")
            victim.send_signal(number)
            if number == signal.SIGSTOP and self._chance.random() < 0.4:
                time.sleep(self._chance.random() * 0.5)
                victim.resume()
                self._told.append("and it went on")


def _serving(stack: Stack, faults: _Faults, chance: random.Random) -> list[str]:
    problems = _up(stack)
    with contextlib.suppress(OSError):
        stack.request("GET", "/", timeout=5)
    faults.strike()
    time.sleep(chance.random() * chance.choice((0.1, 1.0)))
    return problems


def _reload(stack: Stack, faults: _Faults, chance: random.Random) -> list[str]:
    problems = _up(stack)
    client = stack.start("reload")
    time.sleep(chance.random() * 1.2)
    faults.strike(client.pid)
    return problems


def _start(stack: Stack, faults: _Faults, chance: random.Random) -> list[str]:
    """Run `down` until the start is over: a start that has just begun is not found by the first one."""
    client = stack.start("up", "-d", "--timeout", f"{TIMEOUT_S}s", "--listen", "127.0.0.1:0")
    time.sleep(chance.random() * 1.5)
    faults.strike(client.pid)
    problems: list[str] = []
    deadline = time.monotonic() + 3 * (LIMIT_S + BUSY_S)
    while client.poll() is None and time.monotonic() < deadline:
        _down(stack, problems)
    if client.poll() is None:
        problems.append("`up` did not end")
    return problems


def _stop(stack: Stack, faults: _Faults, chance: random.Random) -> list[str]:
    problems = _up(stack)
    client = stack.start("down", *(("--now",) if chance.random() < 0.3 else ()))
    time.sleep(chance.random() * 0.6)
    faults.strike(client.pid)
    try:
        client.communicate(timeout=LIMIT_S + BUSY_S)
    except subprocess.TimeoutExpired:
        problems.append("the first `down` did not end")
    return problems


_PLAYS = {"serving": _serving, "reload": _reload, "start": _start, "down": _stop}


def _up(stack: Stack) -> list[str]:
    done = stack.run("up", "-d", "--timeout", f"{TIMEOUT_S}s", "--listen", "127.0.0.1:0", "--json")
    if done.code:
        return [f"up: {done}"]
    stack.port = int(done.json["url"].rsplit(":", 1)[1])
    return []


def _down(stack: Stack, problems: list[str]) -> float:
    """Run `down`, note its problems, and return its duration in seconds."""
    began = time.monotonic()
    try:
        done = stack.run("down", timeout=LIMIT_S + BUSY_S)
    except subprocess.TimeoutExpired:
        problems.append("down did not end")
    else:
        if done.code:
            problems.append(f"down: {done}")
    return time.monotonic() - began


def _left(stack: Stack) -> list[str]:
    """Kill the processes that are left, and return their descriptions.

    A `reload` ends by itself once the stack has gone; `down` does not wait for it.
    """
    psutil.wait_procs([one for one in stack.processes() if _is_reload(one)], LIMIT_S)
    left = []
    for process in stack.processes():
        with contextlib.suppress(psutil.Error):
            left.append(f"{process.pid} {process.status()} {' '.join(process.cmdline())[:80]}")
            os.kill(process.pid, signal.SIGKILL)
    return left


def _is_reload(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.Error):
        return process.cmdline()[-1:] == ["reload"]
    return False
