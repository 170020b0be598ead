"""The unit of a site: what systemd reads in it, and what systemd's own tools plan_install of it."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from msgspec.structs import replace

from enuf.errors import SettingsInvalid
from enuf.install.services.base import ServiceRequest, ServiceUser
from enuf.install.services.systemd_unit import unit_text
from enuf.model.process import Preparation
from enuf.syntax.unit import UnitFile, read_unit
from tests.support.parts import settings
from tests.unit.install.test_site_file import site_plan

needs_systemd = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="no systemd-analyze here")


def request(**differences: object) -> ServiceRequest:
    made = site_plan()
    assert made.site
    usual = ServiceRequest(
        plan=made,
        settings=settings(),
        site=made.site,
        user=ServiceUser(name="shop"),
        enuf=("/usr/bin/python3", "-m", "enuf"),
    )
    return replace(usual, **differences)


def unit(**differences: object) -> UnitFile:
    return read_unit(unit_text(request(**differences)), "enuf-shop.service")


def test_it_starts_the_supervisor_and_reloads_by_enufs_own_verb() -> None:
    read = unit()
    assert read.value("Type") == "notify"
    assert read.value("ExecStart") == "/usr/bin/python3 -m enuf serve shop"
    assert read.value("ExecReload").endswith("--project /srv/shop reload --own-environment")
    assert read.value("WantedBy", "Install") == "multi-user.target"


def test_all_times_follow_from_the_one_timeout() -> None:
    read = unit(settings=settings({"serve.timeout": "100s"}))
    assert read.value("TimeoutStopSec") == "210"
    assert int(read.value("TimeoutStartSec")) > 200


def test_a_start_and_a_reload_may_take_as_long_as_the_commands_before_them() -> None:
    usual = int(unit().value("TimeoutStartSec"))
    commands = Preparation(
        commands=("flask db upgrade", "flask seed"), directory="/srv/shop", programs="/usr/bin", virtualenv="",
        flask_app="", within_s=300,
    )  # fmt: skip
    read = unit(plan=replace(site_plan(), preparation=commands))
    assert int(read.value("TimeoutStartSec")) == usual + 600


def test_only_the_supervisor_is_told_to_stop() -> None:
    assert unit().value("KillMode") == "mixed"


def test_whoever_owns_nothing_is_made_up_by_systemd() -> None:
    read = unit(user=ServiceUser(name="enuf-shop", dynamic=True))
    assert read.is_on("DynamicUser") and read.value("User") == "enuf-shop"
    assert not unit().is_on("DynamicUser")


def test_homes_are_hidden_unless_the_project_lies_in_one() -> None:
    assert unit().value("ProtectHome") == "yes"
    assert unit(needs_home=True).value("ProtectHome") == "read-only"


def test_the_app_may_write_only_what_was_named() -> None:
    assert unit().value("ProtectSystem") == "strict" and unit().all("ReadWritePaths") == ()
    assert (
        unit(writable=("/srv/shop/data", "/srv/a b")).value("ReadWritePaths") == '/srv/shop/data "/srv/a b"'
    )


def test_signs_that_mean_something_to_systemd_are_written_as_themselves() -> None:
    made = site_plan()
    odd = replace(made, paths=replace(made.paths, project='/srv/100% $HOME "it"\'s'))
    read = unit(plan=odd)
    assert read.value("WorkingDirectory") == '/srv/100%% $HOME "it"\'s'
    assert '"/srv/100%% $$HOME \\"it\\"\'s"' in read.value("ExecReload")


def test_a_line_break_is_refused() -> None:
    made = site_plan()
    for path in ("/srv/a\nUser=root", "/srv/a\rUser=root", "/srv/a\0b"):  # each ends a line for systemd
        with pytest.raises(ValueError, match="line break"):
            unit_text(request(plan=replace(made, paths=replace(made.paths, project=path))))


def test_a_backslash_that_would_join_two_lines_is_refused() -> None:
    made = site_plan()
    with pytest.raises(SettingsInvalid, match="ends with a backslash"):
        unit_text(request(plan=replace(made, paths=replace(made.paths, project="/srv/a\\"))))


def test_the_name_of_an_app_adds_no_line() -> None:
    made = site_plan()
    app = replace(made.app, call="'''\r[Service]\rExecStartPre=+/bin/false\r'''")
    text = unit_text(request(plan=replace(made, app=app)))
    assert "\r" not in text and "'''?[Service]?ExecStartPre=+/bin/false?'''" in text


@needs_systemd
@pytest.mark.native
@pytest.mark.parametrize("user", [ServiceUser(name="daemon"), ServiceUser(name="enuf-shop", dynamic=True)])
def test_systemd_finds_no_fault_and_calls_it_well_protected(tmp_path: Path, user: ServiceUser) -> None:
    file = tmp_path / "enuf-shop.service"
    project = tmp_path / "shop %h"
    project.mkdir()
    made = site_plan()
    made = replace(made, paths=replace(made.paths, project=str(project)))
    file.write_text(unit_text(request(plan=made, user=user, writable=(str(project),))))
    verified = analyze("verify", "--man=no", file)
    assert (verified.returncode, verified.stdout, verified.stderr) == (0, "", "")
    judged = analyze("security", "--offline=true", "--no-pager", file)
    found = re.search(r"Overall exposure level for .*: ([\d.]+)", judged.stdout)
    assert found and float(found[1]) <= 2.5, judged.stdout


def analyze(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["systemd-analyze", *words], check=False, capture_output=True, text=True, timeout=60
    )
