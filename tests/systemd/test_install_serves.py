"""`enuf install` on a host with systemd and its own nginx: served, beside what was there, and again after a boot."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.booted import booted
from tests.support.debian import VENV, Layers
from tests.support.stack import APP, until

from .conftest import prepare
from .site import OWNER, Site, as_user, changes, fingerprint, reload_nginx

pytestmark = [
    pytest.mark.native,
    pytest.mark.root,
    pytest.mark.timeout(400),
    pytest.mark.xdist_group("systemd"),  # one worker alone waits for the Debian to be made
]

STYLE = "body { margin: 0 }\n"


@pytest.fixture(scope="module")
def served(layers: Layers) -> Iterator[Site]:
    """Yield a project with a virtualenv and static files of its own, just installed; for tests that only look at it."""
    with booted(layers) as machine:
        prepare(machine)
        shop = Site(machine, "shop")
        shop.write("app.py", APP + "\n@app.get('/prefix')\ndef prefix():\n    return sys.prefix\n")
        shop.write("static/site.css", STYLE)
        venv = f"{shop.project}/.venv"
        machine.do(*as_user(OWNER), "/usr/bin/python3", "-m", "venv", "--without-pip", venv)
        packages = "lib/python3*/site-packages"
        machine.do("sh", "-c", f"echo {VENV}/{packages} > $(echo {venv}/{packages})/ours.pth")
        assert f"http://{shop.domain}" in shop.install().out
        yield shop


def test_the_hosts_nginx_serves_the_app_by_its_name_and_its_default_site_to_all_others(served: Site) -> None:
    assert served.get().text == "version 1\n"
    machine = served.machine
    for other in ("127.0.0.1", "nobody.example", ""):
        assert "Welcome to nginx" in machine.get("http://127.0.0.1/", other).text
    assert "Welcome to nginx" in machine.get("http://nobody.example/").text
    assert machine.do("systemctl", "is-enabled", served.unit) == "enabled\n"


def test_the_supervisor_of_the_service_is_a_program_of_few_modules(served: Site) -> None:
    pid = served.machine.do("systemctl", "show", "-p", "MainPID", "--value", served.unit).strip()
    command = served.machine.do("cat", f"/proc/{pid}/cmdline").split("\0")
    assert "enuf.cli.service_program" in command, command


def test_static_files_of_the_app_are_served(served: Site) -> None:
    assert served.get("/static/site.css").text == STYLE


def test_the_virtualenv_of_the_project_runs_the_app(served: Site) -> None:
    assert served.get("/prefix").text == f"{served.project}/.venv"


def test_static_files_that_nginx_may_not_read_are_served_by_the_app(served: Site) -> None:
    site = Site(served.machine, "blog")
    site.project = f"/home/{OWNER}/blog"
    site.write_version(1)
    site.write("static/site.css", STYLE)
    site.machine.do("chmod", "700", f"/home/{OWNER}")
    done = site.install()
    assert site.get("/static/site.css").text == STYLE
    assert f"/home/{OWNER}" in done.err


def test_the_app_sees_the_address_that_its_client_wrote(standing: Site) -> None:
    answer = standing.get("/echo")
    assert answer.json["url"] == "http://shop.example/echo"
    seen = answer.json["environ"]
    assert seen["REMOTE_ADDR"] == "127.0.0.1"
    assert seen["HTTP_X_REQUEST_ID"] == answer.headers["X-Request-ID"]


def test_a_dry_run_shows_the_change_and_touches_nothing(bare: Site) -> None:
    before = fingerprint(bare.machine)
    done = bare.enuf("install", "--domain", bare.domain, "--dry-run")
    assert done.code == 0, done
    assert "server_name" in done.out and bare.domain in done.out
    assert "ExecStart=" in done.out and bare.unit in done.out
    assert changes(before, fingerprint(bare.machine)) == []
    assert bare.machine.run("test", "-e", f"{bare.project}/__pycache__").code == 1
    assert not bare.is_active()


def test_a_second_site_stands_beside_the_first_and_goes_without_it(standing: Site) -> None:
    blog = Site(standing.machine, "blog")
    blog.write_version(7)
    before = fingerprint(standing.machine)
    blog.install()
    assert standing.serves(1) and blog.serves(7)
    assert standing.main_pid() != blog.main_pid()
    assert blog.enuf("uninstall").code == 0
    assert standing.serves(1) and standing.is_active()
    assert changes(before, fingerprint(standing.machine), beside=standing) == []


def test_an_install_over_an_install_takes_the_new_settings(installed: Site) -> None:
    installed.write("enuf.toml", '[serve]\nmax_body = "1k"\n')
    installed.install()
    words = ("curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "-d", "x" * 2000)
    assert installed.machine.do(*words, f"http://{installed.domain}/echo") == "413"
    assert installed.serves(1)


def test_status_logs_and_doctor_speak_of_the_installed_service(standing: Site) -> None:
    told = standing.status()
    assert told["state"] == "serving"
    assert told["supervisor"]["pid"] == standing.main_pid()
    assert len(told["server"]["workers"]) == told["server"]["processes"]
    standing.get("/no-such-page")
    until(lambda: "/no-such-page" in standing.enuf("logs").out, what="the request in the logs")
    examined = standing.enuf("doctor", "--json")
    assert examined.code == 0, examined
    assert [one for one in examined.json["findings"] if one["severity"] != "advice"] == []


def test_the_installed_files_are_healthy_in_the_eyes_of_the_doctor(standing: Site) -> None:
    examined = standing.enuf("doctor", "/etc/nginx", f"/etc/systemd/system/{standing.unit}", "--json")
    assert examined.code == 0, examined
    ours = [one for one in examined.json["findings"] if "enuf" in one["file"] or "shop" in one["file"]]
    assert ours == []


def test_the_logs_are_rotated_as_the_hosts_own_and_nothing_is_missed(standing: Site) -> None:
    machine, log = standing.machine, f"/var/log/nginx/enuf-{standing.project.rpartition('/')[2]}.access.log"
    standing.get("/before")
    machine.do("logrotate", "--force", "/etc/logrotate.conf")
    until(lambda: "/before" in machine.read(f"{log}.1"), what="the old requests in the rotated log")
    standing.get("/after")
    until(lambda: "/after" in machine.read(log), what="the new request in the new log")
    assert "/after" in standing.enuf("logs").out


def test_a_host_whose_logs_of_nginx_are_gone_starts_nginx_all_the_same(standing: Site) -> None:
    machine = standing.machine
    machine.do("sh", "-c", "rm -rf /var/log/nginx/*; systemctl restart nginx")
    until(standing.serves, what="version 1")
    assert standing.status()["state"] == "serving"


def test_without_the_hosts_nginx_the_status_does_not_say_that_it_serves(installed: Site) -> None:
    machine = installed.machine
    machine.do("systemctl", "stop", "nginx")
    for words in ((), as_user(OWNER)):
        done = machine.run(*words, "enuf", "--project", installed.project, "status", "--json")
        assert done.code == 1, done
        assert done.json["state"] == "failed"
        assert "the host's nginx" in done.json["problems"][0]
    machine.do("systemctl", "start", "nginx")
    assert installed.status()["state"] == "serving"
    machine.do("rm", "/etc/nginx/sites-enabled/enuf-shop")
    reload_nginx(machine)
    assert not installed.serves()
    done = installed.enuf("status", "--json")
    assert done.code == 1 and "another site" in done.json["problems"][0], done


def test_the_owner_of_the_project_may_ask_for_its_status(standing: Site) -> None:
    done = standing.machine.run(*as_user(OWNER), "enuf", "--project", standing.project, "status", "--json")
    assert done.code == 0, done
    assert done.json["state"] == "serving"


def test_the_dashboard_counts_what_the_hosts_nginx_serves_and_opens_for_the_owner_alone(
    installed: Site,
) -> None:
    machine = installed.machine
    url, token = installed.enuf("dash", "--json").json["url"].split("?")
    installed.get("/no-such-page")
    counted = 'enuf_http_requests_total{site="shop",status="404"} 1.0'
    until(lambda: counted in machine.get(f"{url}metrics").text, what=counted)
    assert machine.get(f"{url}?{token}").status == 200
    assert machine.get(url).status in (401, 403)
    machine.do("useradd", "mallory")
    asked = machine.run(*as_user("mallory"), "enuf", "--project", installed.project, "dash")
    assert asked.code == 9, asked
    assert "token" not in asked.out + asked.err


def test_without_root_it_says_which_command_to_type(bare: Site) -> None:
    machine = bare.machine
    before = fingerprint(machine)
    done = machine.run(*as_user(OWNER), "enuf", "--project", bare.project, "install", "--domain", bare.domain)
    assert done.code == 9, done
    assert "sudo" in done.err and "install" in done.err
    assert changes(before, fingerprint(machine)) == []


def test_a_name_that_another_site_has_already_is_refused(standing: Site) -> None:
    blog = Site(standing.machine, "blog")
    blog.write_version(7)
    before = fingerprint(standing.machine)
    done = blog.enuf("install", "--domain", standing.domain)
    assert done.code == 10, done
    assert f"{standing.domain} on 0.0.0.0:80 already: /etc/nginx/sites-enabled/enuf-shop:" in done.err
    assert changes(before, fingerprint(standing.machine), beside=standing) == []
