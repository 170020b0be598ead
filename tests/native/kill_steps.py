"""Kills an install before each of its steps in turn; run as a process of its own, by test_install_root."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

WORDS = {"os.mkdir", "os.rename", "os.symlink", "os.remove", "os.rmdir", "os.chmod", "os.chown"}


def die_at(root: str, steps: int, number: int) -> None:
    """This process gets a signal before the n-th time that it touches anything below a folder."""
    left = steps

    def hook(event: str, args: tuple[object, ...]) -> None:
        nonlocal left
        writes = (
            event == "open" and isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        )
        if (event in WORDS or writes) and any(str(arg).startswith(root) for arg in args[:2]):
            left -= 1
            if left == 0:
                os.kill(os.getpid(), number)

    sys.addaudithook(hook)


def run_and_die() -> None:
    """enuf as it is called by a person; the first arguments say when and by which signal it dies."""
    root, steps, name = sys.argv[1:4]
    die_at(root, int(steps), signal.Signals[f"SIG{name}"])
    from enuf.cli import main as enuf

    sys.argv[:4] = ["enuf"]
    enuf()


def main() -> None:
    """Print what became of an install, and of an uninstall, that were killed before step 1, 2, 3 and so on."""
    from enuf.install.plan_install import Asked, think
    from enuf.install.sequence import install, uninstall
    from enuf.install.target_host import tree_below
    from enuf.install.transaction import locked
    from enuf.start.invocation import Invocation
    from tests.native.test_install_root import Image

    root, project = Path(sys.argv[1]), sys.argv[2]
    image = Image.__new__(Image)
    image.root = root
    ground = tree_below(root)
    flags: dict[str, tuple[str, str | tuple[str, ...]]] = {
        "serve.hosts": ("--domain", ("x.example",)),
        "serve.user": ("--user", "root"),
    }
    job = think(
        Asked(invocation=Invocation(project=project, flags=flags), name="shop"),
        ground,
    )

    def do_install() -> None:
        with locked(ground.tree):
            install(job, ground.tree, ground.host, lambda _text: None)

    def do_uninstall() -> None:
        with locked(ground.tree):
            uninstall(job.contents.record, ground.tree, ground.host, lambda _text: None, keep_logs=False)

    print(json.dumps([killed_everywhere(image, do_install), killed_everywhere(image, do_uninstall)]))


def killed_everywhere(image: object, work: Callable[[], None]) -> list[str]:
    """What became of it each time; the last time it was not killed."""
    from enuf.install.services import StillHost
    from enuf.install.transaction import locked, recover
    from enuf.install.tree import HostTree

    root: Path = image.root  # type: ignore[attr-defined]
    everything: Callable[[], object] = image.everything  # type: ignore[attr-defined]
    before, outcomes = everything(), list[str]()
    tree = HostTree(root)
    for steps in range(1, 500):
        pid = os.fork()
        if pid == 0:
            with contextlib.suppress(BaseException):
                die_at(str(root), steps, signal.SIGKILL)
                work()
                os._exit(0)
            os._exit(1)
        status = os.waitpid(pid, 0)[1]
        if not os.WIFSIGNALED(status):
            assert os.WEXITSTATUS(status) == 0
            return [*outcomes, "unharmed"]
        with locked(tree):
            said = recover(tree, StillHost())
        if everything() == before:
            outcomes.append("undone")
            continue
        assert "complete" in said, f"step {steps}: {said!r}"
        outcomes.append("complete")
        return [*outcomes, "unharmed"]
    raise AssertionError("it never ended")
