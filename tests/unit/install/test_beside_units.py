"""The units of what runs beside an installed site: their words, times and bonds, as systemd reads them."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest
from msgspec.structs import replace

from enuf.install.change import MakeLink, WriteFile
from enuf.install.services.base import ServiceFiles, ServiceRequest, ServiceUser
from enuf.install.services.systemd import SystemdFormat
from enuf.install.services.systemd_times import calendar_times
from enuf.model.site import Site
from enuf.syntax.unit import UnitFile, read_unit
from tests.support.parts import HOST_NGINX, plan, settings

WANTED = {
    "processes": {
        "worker": {"command": "celery -A 'shop 100%' worker $", "stop_within": "90s", "env": {"Q": 'a "b"'}},
        "mail": {"command": "python mail.py", "count": 2},
    },
    "schedule": {
        "nightly": {"command": "flask cleanup", "cron": "0 3 1,15 * 1"},
        "sync": {"command": "flask sync", "every": "10m"},
    },
}
FOLDER = "/etc/systemd/system"


def files(values: Mapping[str, object] = WANTED, **differences: object) -> ServiceFiles:
    site = Site(name="shop", nginx=HOST_NGINX)
    made = plan({"serve.hosts": ["shop.example"], **values}, site=site, paths=site.paths("/srv/shop"))
    request = ServiceRequest(
        plan=made, settings=settings(values), site=site, user=ServiceUser(name="shop"),
        enuf=("/usr/bin/python3", "-P", "-m", "enuf"),
    )  # fmt: skip
    return SystemdFormat().files(replace(request, **differences))


def units() -> dict[str, UnitFile]:
    found = (each for each in files().beside if isinstance(each, WriteFile))
    return {each.path.removeprefix(f"{FOLDER}/enuf-shop-"): read_unit(each.text, each.path) for each in found}


def test_a_site_without_processes_has_no_units_beside_its_own() -> None:
    made = files({})
    assert (made.beside, made.started, made.stopped) == ((), (), ())


def test_a_process_runs_as_the_app_with_its_words_and_stops_with_its_site() -> None:
    worker = units()["worker.service"]
    assert worker.value("ExecStart").startswith(
        "/usr/bin/python3 -P -m enuf.start.side_command --project /srv/shop --log /var/log/enuf-shop/worker.log --layer worker"
    )
    assert worker.value("ExecStart").endswith('-- celery -A "shop 100%%" worker "$$"')
    assert '--env "Q=a \\"b\\"" --' in worker.value("ExecStart")
    assert (worker.value("User"), worker.value("KillMode"), worker.value("TimeoutStopSec")) == (
        "shop",
        "mixed",
        "90",
    )
    assert (worker.value("PartOf", "Unit"), worker.value("WantedBy", "Install")) == ("enuf-shop.service",) * 2
    assert worker.value("ProtectSystem") == "strict" and worker.value("Restart") == "always"


def test_what_runs_beside_the_app_has_its_secrets_folders_and_limits_and_may_not_write_code() -> None:
    made = files(
        {**WANTED, "install.max_memory": "512M", "install.max_cpu": 50, "install.max_tasks": 64, "tls.mode": "acme"},
        writable=("/srv/shop/data",), protected=("/srv/shop/data/venv",),
    )  # fmt: skip
    site = read_unit(made.definition.text, "site")
    texts = {each.path.rpartition("/")[2]: each.text for each in made.beside if isinstance(each, WriteFile)}
    for name in ("enuf-shop-worker.service", "enuf-shop-nightly.service"):
        unit = read_unit(texts[name], name)
        for line in (
            *(
                "EnvironmentFile",
                "Environment",
                "StateDirectory",
                "CacheDirectory",
                "MemoryMax",
                "CPUQuota",
                "TasksMax",
            ),
            *("InaccessiblePaths", "ReadWritePaths", "ReadOnlyPaths"),
        ):
            assert [each.value for each in unit.all(line)] == [each.value for each in site.all(line)] != [], (
                line
            )
        assert unit.all("RuntimeDirectory") == ()  # it would be removed with the first of them that ends


def test_every_unit_says_of_which_site_it_is_and_where_to_look() -> None:
    made = files()
    main = read_unit(made.definition.text, "site")
    assert (
        main.value("Description", "Unit")
        == "enuf site shop: app:app at http://shop.example:8000 (enuf status shop)"
    )
    assert main.value("Documentation", "Unit").startswith("man:enuf-status(1) https://")
    found = units()
    assert found["mail-2.service"].value("Description", "Unit") == (
        "enuf site shop: mail: python mail.py (enuf logs shop --layer mail)"
    )
    pages = {each.value("Documentation", "Unit").partition("(1) ")[0] for each in found.values()}
    manual = Path(__file__).parents[3] / "man/man1"
    assert all((manual / f"{page.removeprefix('man:')}.1").is_file() for page in pages)


def test_copies_are_services_of_their_own_with_one_log() -> None:
    found = units()
    assert "--log /var/log/enuf-shop/mail.log" in found["mail-1.service"].value("ExecStart")
    assert "--log /var/log/enuf-shop/mail.log" in found["mail-2.service"].value("ExecStart")


def test_a_scheduled_command_has_a_timer_and_outlives_a_restart_of_the_site() -> None:
    found = units()
    assert tuple(each.value for each in found["nightly.timer"].all("OnCalendar", "Timer")) == (
        "*-*-01,15 03:00:00",
        "Mon *-*-* 03:00:00",
    )
    assert {found["sync.timer"].value(each, "Timer") for each in ("OnActiveSec", "OnUnitActiveSec")} == {
        "600"
    }
    assert found["sync.timer"].value("PartOf", "Unit") == "enuf-shop.service"
    assert found["sync.service"].value("Type") == "oneshot"
    assert found["sync.service"].all("PartOf", "Unit") == ()


def test_a_new_version_restarts_the_processes_by_a_command_without_the_project_s_words() -> None:
    found = units()
    assert found["processes.path"].value("PathChanged", "Path") == "/run/enuf-shop/renewed"
    command = "/usr/bin/systemctl --no-block try-restart enuf-shop-worker.service enuf-shop-mail-1.service enuf-shop-mail-2.service"
    assert found["processes.service"].value("ExecStart") == command


def test_all_units_are_started_with_the_site_and_known_to_its_removal() -> None:
    made = files()
    names = {each.path.rpartition("/")[2] for each in made.beside if isinstance(each, WriteFile)}
    links = {each.path.rpartition("/")[2] for each in made.beside if isinstance(each, MakeLink)}
    assert set(made.stopped) == names
    assert set(made.started) == links
    assert {each.path.rpartition("/")[0] for each in made.beside if isinstance(each, MakeLink)} == {
        f"{FOLDER}/enuf-shop.service.wants"
    }


def test_a_line_break_in_a_variable_is_refused() -> None:
    with pytest.raises(ValueError, match="line break"):
        settings({"processes": {"w": {"command": "x", "env": {"A": "b\nUser=root"}}}})


@pytest.mark.parametrize(
    ("cron", "times"),
    [
        ("* * * * *", ("*-*-* *:*:00",)),
        ("*/20 9-17 * * 1-5", ("Mon,Tue,Wed,Thu,Fri *-*-* 09,10,11,12,13,14,15,16,17:00,20,40:00",)),
        ("0 3 * * 7", ("Sun *-*-* 03:00:00",)),
        ("0 3 1 6 *", ("*-06-01 03:00:00",)),
        ("0 3 13 * 5", ("*-*-13 03:00:00", "Fri *-*-* 03:00:00")),
    ],
)
def test_times_of_crontab_are_times_of_systemd(cron: str, times: tuple[str, ...]) -> None:
    assert calendar_times(cron) == times


@pytest.mark.native
@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_finds_no_fault(tmp_path: Path) -> None:
    (tmp_path / "enuf-shop.service").write_text("[Service]\nExecStart=/bin/true\n")
    written = [each for each in files(user=ServiceUser(name="daemon")).beside if isinstance(each, WriteFile)]
    paths = [tmp_path / each.path.rpartition("/")[2] for each in written]
    for path, each in zip(paths, written, strict=True):
        path.write_text(each.text)
    words = ["systemd-analyze", "verify", "--man=no", *map(str, paths)]
    done = subprocess.run(words, check=False, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
