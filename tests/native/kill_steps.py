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


def name_of(argument: object) -> str:
    """Return a path of an audit event; for an open file the path of that file."""
    with contextlib.suppress(OSError):
        if isinstance(argument, int):
            return str(Path(f"/proc/self/fd/{argument}").readlink())
    return str(argument)


def die_at(root: str, steps: int, number: int) -> None:
    """Send this process a signal before the n-th time that it changes a file below `root`."""
    left = steps

    def hook(event: str, args: tuple[object, ...]) -> None:
        nonlocal left
        writes = (
            event == "open" and isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        )
        if (event in WORDS or writes) and any(name_of(arg).startswith(root) for arg in args[:2]):
            left -= 1
            if left == 0:
                os.kill(os.getpid(), number)

    sys.addaudithook(hook)


def run_and_die() -> None:
    """Run enuf's command line; the first three arguments are those of `die_at`."""
    root, steps, name = sys.argv[1:4]
    die_at(root, int(steps), signal.Signals[f"SIG{name}"])
    from enuf.cli import main as enuf

    sys.argv[:4] = ["enuf"]
    enuf()


def main() -> None:
    """Print the outcomes of an install and of an uninstall that were killed before step 1, 2, 3 and so on."""
    from enuf.install.host_lock import host_lock
    from enuf.install.plan_install import plan_install
    from enuf.install.requests import InstallRequest
    from enuf.install.sequence import install, uninstall
    from enuf.install.target_host import image_host
    from enuf.start.invocation import Invocation
    from tests.native.test_install_root import Image

    root, project = Path(sys.argv[1]), sys.argv[2]
    image = Image.__new__(Image)
    image.root = root
    host = image_host(root)
    flags: dict[str, tuple[str, str | tuple[str, ...]]] = {
        "serve.hosts": ("--domain", ("x.example",)),
        "serve.user": ("--user", "root"),
    }
    job = plan_install(
        InstallRequest(invocation=Invocation(project=project, flags=flags), name="shop"),
        host,
    )

    def do_install() -> None:
        with host_lock(host.tree):
            install(job, host.tree, host.servers, lambda _text: None)

    def do_uninstall() -> None:
        with host_lock(host.tree):
            uninstall(job.site.record, host.tree, host.servers, lambda _text: None, keep_logs=False)

    print(json.dumps([killed_everywhere(image, do_install), killed_everywhere(image, do_uninstall)]))


def killed_everywhere(image: object, work: Callable[[], None]) -> list[str]:
    """Return the outcome for each step at which the work was killed; the last one is that of a complete run."""
    from enuf.install.host_lock import host_lock
    from enuf.install.recovery import recover_host
    from enuf.install.target_host import image_servers
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
        with host_lock(tree):
            said = recover_host(tree, image_servers())
        if everything() == before:
            outcomes.append("undone")
            continue
        assert "complete" in said, f"step {steps}: {said!r}"
        outcomes.append("complete")
        return [*outcomes, "unharmed"]
    raise AssertionError("it never ended")
