"""What happens to an installed site when one of its processes is killed: it serves again, by itself."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.stack import until

from .site import Site

pytestmark = [
    pytest.mark.native,
    pytest.mark.root,
    pytest.mark.timeout(400),
    pytest.mark.xdist_group("systemd"),  # one worker alone waits for the Debian to be made
]


def uwsgi_master(status: Any) -> int:
    return int(status["server"]["pid"])


def uwsgi_worker(status: Any) -> int:
    workers = [worker["pid"] for worker in status["server"]["workers"] if worker["id"] == 1]
    return int(workers[0]) if workers else 0


def supervisor(status: Any) -> int:
    return int(status["supervisor"]["pid"])


def test_a_killed_process_is_back_and_the_site_serves(installed: Site) -> None:
    """Kill a worker, then the master, then the supervisor, which takes its servers along."""
    machine = installed.machine
    for victim in (uwsgi_worker, uwsgi_master, supervisor):
        status = installed.status()
        pid, master = victim(status), uwsgi_master(status)
        machine.kill(pid)
        replaced = functools.partial(is_replaced, installed, victim, pid)
        until(replaced, what="another process in the place of the killed one")
        until(installed.serves, what="an answer")
        assert installed.main_pid() == supervisor(installed.status())
        restarts = "1" if victim is supervisor else "0"
        assert machine.unit(installed.unit, "NRestarts") == {"NRestarts": restarts}
        if victim is not uwsgi_worker:
            assert machine.run("test", "-e", f"/proc/{master}").code == 1


def is_replaced(site: Site, victim: Callable[[Any], int], pid: int) -> bool:
    status = site.enuf("status", "--json")
    return status.code == 0 and status.json["state"] == "serving" and victim(status.json) not in (0, pid)


def test_a_stopped_nginx_leaves_the_service_alone(standing: Site) -> None:
    pid = standing.main_pid()
    standing.machine.do("systemctl", "stop", "nginx")
    assert standing.get().status == 0
    standing.machine.do("systemctl", "start", "nginx")
    assert standing.serves()
    assert standing.main_pid() == pid


def test_a_stop_answers_the_requests_that_are_under_way(installed: Site) -> None:
    slow = installed.machine.start("curl", "-s", f"http://{installed.domain}/held/flight")
    with slow:
        until(lambda: "busy" in [one["status"] for one in installed.status()["server"]["workers"]])
        installed.machine.do("systemctl", "stop", "--no-block", installed.unit)
        until(lambda: installed.machine.unit(installed.unit, "ActiveState")["ActiveState"] == "deactivating")
        installed.write("let-go-flight", "")
        assert slow.communicate(timeout=60)[0] == "version 1\n"
    installed.machine.do("systemctl", "stop", installed.unit)  # waits for the end of the stop
    assert installed.get().status == 502
    assert installed.machine.unit(installed.unit, "Result", "ActiveState") == {
        "Result": "success",
        "ActiveState": "inactive",
    }
