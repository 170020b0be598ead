"""nginx writes several lines of its log at once: none is lost when it stops, opens its logs anew or loses a process."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

import psutil
import pytest

from tests.support.stack import Stack, until

pytestmark = pytest.mark.native


def _down(stack: Stack) -> None:
    stack.run("down")


def _reload(stack: Stack) -> None:
    assert stack.run("reload").code == 0


def _logs_aside(stack: Stack) -> None:
    log = stack.project / ".enuf/log/access.log"
    log.rename(log.with_name("access.log.1"))
    os.kill(stack.status()["supervisor"]["pid"], signal.SIGUSR1)
    until(log.exists)


def _worker_of(stack: Stack, title: str) -> psutil.Process:
    return next(
        each for each in stack.processes() if title in " ".join(each.cmdline()) and each.children() == []
    )


def _end_a_worker_of_nginx(stack: Stack) -> None:
    _worker_of(stack, "nginx: worker").terminate()


def _kill_a_worker_of_uwsgi(stack: Stack) -> None:
    _worker_of(stack, "uwsgi.ini").kill()


@pytest.mark.parametrize(
    "happens", [_down, _reload, _logs_aside, _end_a_worker_of_nginx, _kill_a_worker_of_uwsgi]
)
def test_every_answer_is_in_the_log(stack: Stack, happens: Callable[[Stack], None]) -> None:
    stack.up("--processes", "2")
    paths = [f"/missing/{number}" for number in range(30)]
    for path in paths:
        assert stack.get(path).status == 404
    happens(stack)
    folder = stack.project / ".enuf/log"

    def missing() -> list[str]:
        text = "".join(log.read_text() for log in folder.glob("access.log*"))
        return [path for path in paths if text.count(f'"GET {path} HTTP/1.1" 404') != 1]

    if happens is _down:  # no process is left that could still write
        assert missing() == []
    until(lambda: not missing(), what="every line is there, once")


def test_with_dev_a_line_is_written_by_itself(stack: Stack) -> None:
    stack.up("--dev")
    assert "buffer=" not in (stack.project / ".enuf/conf/nginx.conf").read_text()
