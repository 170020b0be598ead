"""The files that a command opened or changed with the rights of root, as strace(1) reports them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

_IDENTITY = ("setuid", "setreuid", "setresuid")
_OPENING = ("open", "openat", "openat2", "creat")
_CHANGING = (
    "mkdir", "mkdirat", "unlink", "unlinkat", "rmdir", "rename", "renameat", "renameat2", "link", "linkat", "symlink", "symlinkat",
    "chmod", "fchmodat", "fchmodat2", "chown", "lchown", "fchownat", "truncate", "mknod", "mknodat", "setxattr", "execve", "execveat",
)  # fmt: skip
_MOVING = ("chdir",)
_FORKING = ("clone", "clone3", "fork", "vfork")
_CALL = re.compile(r"^(?P<pid>\d+) +(?P<name>\w+)\((?P<arguments>.*)\) += (?P<result>-?\d+|\?)")
Call = tuple[str, str, int]
_UNFINISHED = re.compile(r"^(\d+) +(\w+)\((.*) <unfinished \.\.\.>$")
_RESUMED = re.compile(r"^(\d+) +<\.\.\. (\w+) resumed>(.*)$")
_PATH = re.compile(r'(?:(?:AT_FDCWD|\d+)<(?P<folder>[^>]*)>, )?"(?P<path>[^"]*)"')


def traced(trace: Path) -> list[str]:
    """Return the words before a command that trace the command and its children into the file `trace`."""
    if shutil.which("strace") is None:
        pytest.skip("no strace")
    calls = ",".join(f"?{name}" for name in (*_IDENTITY, *_OPENING, *_CHANGING, *_MOVING, *_FORKING))
    return [
        "strace",
        "-f",
        "-y",
        "-s",
        "4096",
        "--seccomp-bpf",
        "-e",
        f"trace={calls}",
        "-e",
        "signal=none",
        "-o",
        str(trace),
    ]


def run_traced(
    argv: Sequence[str], trace: Path, *, timeout: float = 90, **options: object
) -> subprocess.CompletedProcess[str]:
    """Run the command and its children under strace, which writes to the file `trace`."""
    done: subprocess.CompletedProcess[str] = subprocess.run(
        [*traced(trace), *argv], capture_output=True, text=True, timeout=timeout, check=False, stdin=subprocess.DEVNULL, **options  # type: ignore[call-overload]
    )  # fmt: skip
    return done


def touched_as_root(trace: Path, folder: Path) -> list[str]:
    """Return the calls by which a process with the effective user 0 opened or changed something in the folder.

    A call that failed counts too: only the rights of the process decide whether it was safe to try. A new process may
    be seen at work before the call that made it returns: so each process is followed by itself, from its parent on.
    """
    of_process: dict[int, list[Call]] = {}
    for pid, name, arguments, result in _calls(trace.read_text(errors="replace")):
        of_process.setdefault(pid, []).append((name, arguments, result))
    children = {call[2] for calls in of_process.values() for call in calls if call[0] in _FORKING}
    waiting = [(pid, 0, "") for pid in of_process if pid not in children]
    found: list[str] = []
    while waiting:
        pid, user, here = waiting.pop()
        for name, arguments, result in of_process.get(pid, []):
            if name in _FORKING:
                waiting += [(result, user, here)] if result > 0 else []
            elif name in _MOVING:
                here = _paths(arguments, here)[0]
            elif name in _IDENTITY:
                user = _effective(name, arguments, user) if result == 0 else user
            elif user == 0:
                found += [f"{name}({arguments})" for path in _paths(arguments, here) if _is_in(path, folder)]
    return found


def _calls(text: str) -> list[tuple[int, str, str, int]]:
    waiting: dict[tuple[str, str], str] = {}
    calls = []
    for line in text.splitlines():
        if begun := _UNFINISHED.match(line):
            waiting[begun[1], begun[2]] = begun[3]
            continue
        if resumed := _RESUMED.match(line):
            line = f"{resumed[1]} {resumed[2]}({waiting.pop((resumed[1], resumed[2]), '')}{resumed[3]}"
        if call := _CALL.match(line):
            result = -1 if call["result"] == "?" else int(call["result"])
            calls.append((int(call["pid"]), call["name"], call["arguments"], result))
    return calls


def _effective(name: str, arguments: str, before: int) -> int:
    numbers = [int(number) for number in re.findall(r"-?\d+", arguments)]
    wanted = numbers[0] if name == "setuid" else numbers[1]
    return before if wanted in (-1, 4294967295) else wanted


def _paths(arguments: str, here: str) -> list[str]:
    return [
        os.path.normpath(os.path.join(here, found["folder"] or "", found["path"]))  # noqa: PTH118
        for found in _PATH.finditer(arguments)
    ]


def _is_in(path: str, folder: Path) -> bool:
    return path == str(folder) or path.startswith(f"{folder}/")
