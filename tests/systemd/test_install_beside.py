"""Processes and scheduled commands of an installed site: services and timers that follow the site, and go with it."""

from __future__ import annotations

import re

import pytest

from tests.support.stack import until

from .site import BROKEN, OWNER, Site, fingerprint

pytestmark = [
    pytest.mark.native,
    pytest.mark.root,
    pytest.mark.timeout(400),
    pytest.mark.xdist_group("systemd"),  # one worker alone waits for the Debian to be made
]

WORKER = """
import os, signal, sys, time
import app

def drain(*_):
    print("drained", flush=True)
    sys.exit(0)

signal.signal(signal.SIGTERM, drain)
print(f"version {app.VERSION} as {os.getuid()} secret {os.environ['FROM_FILE']} queue {os.environ['QUEUE']}")
print(f"key {len(os.environ.get('SECRET_KEY', ''))} state {os.environ['STATE_DIRECTORY']}")
while True:
    time.sleep(0.05)
"""
SETTINGS = """
[processes]
worker = { command = "python worker.py", env = { QUEUE = "urgent" } }
spare = "sleep 600"

[schedule]
tick = { command = "python -c 'print(\\"ticked\\")'", every = "1s" }
nightly = { command = "true", cron = "0 3 * * *" }
"""


def test_processes_are_services_that_take_new_code_and_leave_with_the_site(installed: Site) -> None:
    machine, log = installed.machine, "/var/log/enuf-shop/worker.log"

    def said() -> str:
        return machine.run("cat", log).out

    def state(unit: str) -> str:
        return machine.unit(unit, "ActiveState")["ActiveState"]

    def pid() -> str:
        return machine.unit("enuf-shop-worker.service", "MainPID")["MainPID"]

    before = {path for path in fingerprint(machine) if "/etc/systemd" in path}
    installed.write("worker.py", WORKER)
    machine.write(f"{installed.project}/.env", "FROM_FILE=hidden\n", owner=OWNER)
    installed.write("enuf.toml", SETTINGS)
    installed.install()
    until(lambda: "version 1" in said(), what="the worker")
    owner = machine.do("id", "-u", OWNER).strip()
    assert re.search(
        rf"^\[\d{{4}}-.*\] version 1 as {owner} secret hidden queue urgent$", said(), re.MULTILINE
    )
    assert {
        state(f"enuf-shop-{each}")
        for each in ("spare.service", "tick.timer", "nightly.timer", "processes.path")
    } == {"active"}
    until(lambda: "ticked" in machine.run("cat", "/var/log/enuf-shop/tick.log").out, what="the timer")
    assert "worker version 1" in installed.enuf("logs", "--layer", "worker").out

    seen = installed.status()
    (worker, spare), jobs = seen["beside"], {each["name"]: each for each in seen["jobs"]}
    assert (spare["name"], worker["name"], worker["state"], worker["restarts"]) == (
        "spare",
        "worker",
        "running",
        0,
    )
    assert str(worker["pid"]) == pid()
    assert jobs["tick"]["times"] == "every 1 s" and jobs["tick"]["runs"]["succeeded"] >= 1
    assert jobs["tick"]["last_success_at"] is not None
    assert jobs["nightly"]["times"] == "0 3 * * *" and jobs["nightly"]["next_at"] % 86400 == 3 * 3600
    (row,) = machine.run("enuf", "sites", "--json").json["sites"]
    assert ([each["name"] for each in row["beside"]], len(row["jobs"])) == (["worker", "spare"], 2)
    (stack,) = machine.run("enuf", "ps", "--json").json["stacks"]
    assert [each["pid"] for each in stack["beside"]] == [worker["pid"], spare["pid"]]
    once = machine.run("enuf", "--project", installed.project, "top", "--once").out
    assert f"pid {worker['pid']}" in once and "tick (every 1 s)" in once
    assert machine.run("enuf", "logs", "shop", "--layer", "nightly").code == 0
    address = f"{seen['dashboard']['url']}/metrics"
    metrics = until(
        lambda: re.search(r'enuf_process_up\{.*"worker".*\} 1\.0[^~]*', machine.get(address).text),
        what="the metrics of the worker",
    )[0]
    assert re.search(r'enuf_job_last_success_timestamp_seconds\{.*"tick"', metrics)
    assert 'result="missed"' not in metrics

    first = pid()
    installed.write("app.py", BROKEN)
    assert installed.enuf("reload").code == 7
    assert pid() == first
    installed.write_version(2)
    assert installed.enuf("reload").code == 0
    until(lambda: "version 2" in said(), what="the worker with the new code")
    assert said().count("drained") == 1
    assert pid() != first

    done = machine.run("enuf", "env", "set", "shop", "SECRET_KEY", stdin="k" * 41)
    assert done.code == 0 and "kkk" not in f"{done.out}{done.err}", done
    until(lambda: "key 41 state /var/lib/enuf-shop" in said(), what="the worker with its secret")
    shown = machine.do("systemctl", "status", "--no-pager", "enuf-shop-worker.service", installed.unit)
    assert "enuf site shop: app:app at http://shop.example (enuf status shop)" in shown
    assert "enuf logs shop --layer worker" in shown and "man:enuf-status(1)" in shown
    assert "kkk" not in shown

    lines = said().count("version 2")
    machine.do("systemctl", "restart", installed.unit)
    until(
        lambda: said().count("version 2") > lines and state("enuf-shop-tick.timer") == "active",
        what="after a restart",
    )
    installed.write("enuf.toml", SETTINGS.replace('spare = "sleep 600"\n', ""))
    installed.install()
    # `sleep` does not handle TERM: no failure
    until(lambda: state("enuf-shop-spare.service") == "inactive", what="the end of the process")
    assert machine.run("test", "-e", "/etc/systemd/system/enuf-shop-spare.service").code == 1

    machine.do("systemctl", "stop", installed.unit)
    beside = [f"enuf-shop-{each}" for each in ("worker.service", "tick.timer", "processes.path")]
    until(lambda: set(map(state, beside)) == {"inactive"}, what="the end of what runs beside the site")
    machine.do("systemctl", "start", installed.unit)
    until(lambda: state("enuf-shop-worker.service") == "active", what="the worker with its site")
    gone = installed.enuf("uninstall")
    assert gone.code == 0, gone
    assert machine.run("systemctl", "list-units", "--all", "--no-legend", "enuf-shop*").out == ""
    left = {path for path in fingerprint(machine) if "/etc/systemd" in path} - before
    assert not left
