"""`enuf adopt`: hand-made sites on a host that boots, taken over, refused and given back, without a lost request."""

from __future__ import annotations

import base64
import importlib.util
import io
import re
import tarfile
from pathlib import Path

import pytest

from tests.notes import literal
from tests.support.booted import Booted
from tests.support.debian import VENV
from tests.support.stack import APP, until

from .site import OWNER, Site, as_user, changes, fingerprint

pytestmark = [
    pytest.mark.native,
    pytest.mark.root,
    pytest.mark.timeout(400),
    pytest.mark.xdist_group("systemd"),  # one worker alone waits for the Debian to be made
]

PLUGIN = ("plugins-dir", "plugins")
"""What the notes say for a uWSGI without Python in it, as enuf's own has it."""
INI = literal.ini(
    {name: value for name, value in literal.SERVICE.items() if name not in PLUGIN}
    | {"venv": f"{VENV}/bin/python", "processes": "3", "threads": "2"}
)
NOTES = """server {
    listen 80;
    server_name shop.example;
    location / { try_files $uri @app; }
    location @app { include uwsgi_params; uwsgi_pass unix:/tmp/toy_flask.sock; }
}
"""
UNIT = f"""[Unit]
After=network.target
[Service]
User={OWNER}
Group=www-data
WorkingDirectory=/srv/blog
ExecStart=/srv/blog/.venv/bin/gunicorn --workers 3 --bind unix:/srv/blog/blog.sock -m 007 wsgi:app
[Install]
WantedBy=multi-user.target
"""
GUNICORN_SITE = """server {
    listen 80;
    server_name blog.example www.blog.example;
    client_max_body_size 3m;
    location = /favicon.ico { access_log off; log_not_found off; }
    location /media/ { alias /srv/blog/media/; expires 1h; }
    location / { include proxy_params; proxy_pass http://unix:/srv/blog/blog.sock; }
}
"""
LINK, AVAILABLE = "/etc/nginx/sites-enabled", "/etc/nginx/sites-available"


def served_by_hand(shop: Site) -> None:
    """Set the stack of the notes up: a daemon, and nginx's default site replaced by the toy's."""
    shop.write("wsgi.py", "from app import app\n")
    shop.write("nginx-wsgi.ini", INI)
    shop.write("toy.server", NOTES)
    machine = shop.machine
    start_daemon(shop)
    machine.do("ln", "-sfn", f"{shop.project}/toy.server", f"{LINK}/default")
    machine.do("systemctl", "reload", "nginx")
    until(shop.serves, what="the site made by hand")


def start_daemon(shop: Site) -> None:
    """Start the uWSGI of the notes, and wait until nginx's user can connect to it: it is in the background before that."""
    machine = shop.machine
    machine.do("sh", "-c", f"cd {shop.project} && {VENV}/bin/uwsgi --ini nginx-wsgi.ini")
    connect = "import socket; socket.socket(socket.AF_UNIX).connect('/tmp/toy_flask.sock')"
    words = (*as_user("www-data"), "/usr/bin/python3", "-c", connect)
    until(lambda: machine.run(*words).code == 0, what="the socket of the daemon")


def stop_daemon(shop: Site) -> None:
    """Stop it, and wait for its end: its vacuum removes the pid file and the socket of that name, also a successor's."""
    machine, pid_file = shop.machine, f"{shop.project}/uwsgi.pid"
    pid = machine.read(pid_file).strip()
    machine.do(f"{VENV}/bin/uwsgi", "--stop", pid_file)
    until(lambda: machine.run("test", "-e", f"/proc/{pid}").code == 1, what=f"the end of the daemon {pid}")


def beside_the_daemon(before: dict[str, str], after: dict[str, str]) -> list[str]:
    """Return the differences of two fingerprints, without what the daemon writes and what systemd leaves in /tmp."""
    others = (
        "/srv/shop/uwsgi.",
        "/tmp/namespace-dev-",
        "/run/enuf-shop-failed",
    )  # the count of tries, until a boot
    return [line for line in changes(before, after) if not line.startswith(others)]


def test_the_stack_of_the_notes_is_taken_over_and_given_back_and_no_request_is_lost(shop: Site) -> None:
    served_by_hand(shop)
    machine = shop.machine
    pid = machine.read(f"{shop.project}/uwsgi.pid").strip()
    before = fingerprint(machine)

    shown = shop.enuf("adopt", "--dry-run")
    assert shown.code == 0, shown
    for words in (
        "serve.processes",
        "nginx-wsgi.ini:5",
        f"uwsgi (pid {pid})",
        f"link to {shop.project}/toy.server",
    ):
        assert words in shown.out, shown
    assert "as root" in shown.err, shown
    beside = shop.enuf("install", "--domain", "other.example", "--dry-run")
    assert f"uwsgi (pid {pid}, at /tmp/toy_flask.sock)" in beside.err and "enuf adopt" in beside.err, beside
    assert beside_the_daemon(before, fingerprint(machine)) == []

    with shop.load() as counted:
        refused = shop.enuf("adopt", "--set", "reload.health=/no-such-page")
    assert refused.code == 10, refused
    assert counted[0].lost == {} and counted[0].ok > 100, counted
    assert beside_the_daemon(before, fingerprint(machine)) == []

    with shop.load() as counted:
        done = shop.enuf("adopt", "--json")
    assert done.code == 0, f"{done}\n{machine.journal()}"
    assert counted[0].lost == {} and counted[0].ok > 100, counted
    assert done.json["state"] == "adopted"
    assert done.json["settings"]["serve.threads"]["value"] == "2"
    assert [each["command"] for each in done.json["afterwards"]] == [
        f"sudo kill -INT {pid}",
        "sudo rm -r /var/lib/enuf/adopted/shop",
    ]
    assert shop.is_active() and shop.status()["server"]["processes"] == 3
    stop_daemon(shop)
    assert shop.serves()

    start_daemon(shop)
    with shop.load() as counted:
        back = shop.enuf("uninstall")
    assert back.code == 0 and f"{LINK}/default" in back.out, back
    assert counted[0].lost == {} and counted[0].ok > 100, counted
    assert beside_the_daemon(before, fingerprint(machine)) == []
    stop_daemon(shop)


def test_a_gunicorn_of_a_unit_is_taken_over_with_its_files_and_limits(machine: Booted) -> None:
    blog = Site(machine, "blog")
    blog.write("wsgi.py", f"import os\nassert len(os.environ['KEY'] + os.environ['TOKEN']) == 12\n{APP}")
    blog.write("media/note.txt", "a note\n")
    with_gunicorn(blog)
    machine.write(
        "/etc/systemd/system/blog.service",
        UNIT.replace("[Install]", "EnvironmentFile=/etc/blog.env\n[Install]"),
    )
    override = "/etc/systemd/system/blog.service.d/override.conf"
    machine.write(override, "[Service]\nEnvironment=KEY=0kkkk0\n")
    machine.write("/etc/blog.env", "TOKEN='0tttt0'\n")
    machine.do("chmod", "600", "/etc/blog.env")
    machine.do("chgrp", "www-data", blog.project)
    machine.write(f"{AVAILABLE}/blog", GUNICORN_SITE)
    machine.do("ln", "-s", f"{AVAILABLE}/blog", f"{LINK}/blog")
    machine.do("systemctl", "enable", "--now", "blog")
    machine.do("systemctl", "reload", "nginx")
    until(blog.serves, what="the site made by hand")

    shown = blog.enuf("adopt", "--dry-run")
    assert shown.code == 0 and "TOKEN  (/etc/systemd/system/blog.service:8)" in shown.out, shown
    refused = blog.enuf("adopt", "--set", "reload.health=/no-such-page")
    assert refused.code == 10 and machine.run("test", "-e", "/etc/enuf").code == 1, refused
    with blog.load() as counted:
        done = blog.enuf("adopt")
    assert done.code == 0, f"{done}\n{machine.journal()}"
    assert not any(
        value in f"{each.out}{each.err}" for value in ("kkk", "ttt") for each in (shown, refused, done)
    )
    assert machine.do("stat", "--format=%a %U", "/etc/enuf/blog/env") == "600 root\n"
    assert machine.run("enuf", "env", "list", "blog").out.split() == ["KEY", "TOKEN"]
    assert counted[0].lost == {} and counted[0].ok > 100, counted
    for command in (
        "sudo systemctl disable --now blog.service",
        "sudo rm -r /etc/systemd/system/blog.service /etc/systemd/system/blog.service.d && sudo systemctl daemon-reload",
        f"sudo rm {AVAILABLE}/blog",
    ):
        assert command in done.out, done
        machine.do("sh", "-c", command.replace("sudo ", ""))
    assert blog.serves()
    assert not [path for path in machine.tree("/etc/systemd") if "/blog.service" in path]
    note = blog.get("/media/note.txt")
    assert (note.text, note.headers["Cache-Control"]) == ("a note\n", "public, max-age=3600"), note
    assert machine.unit(blog.unit, "User") == {"User": OWNER}
    assert blog.status()["server"]["processes"] == 3
    site = machine.read(f"{AVAILABLE}/enuf-blog")
    assert "client_max_body_size 3145728;" in site and "www.blog.example" in site


def test_two_apps_share_a_name_and_one_goes_while_the_other_serves(installed: Site) -> None:
    machine, api = installed.machine, Site(installed.machine, "api")
    api.write_version(7)
    words = ("--domain", installed.domain, "--set", "serve.prefix=/api")
    before = fingerprint(machine)
    taken = api.enuf("install", *words, "--json")
    error = taken.json["error"]
    assert (taken.code, error["slug"]) == (8, "domain-shared"), taken
    assert changes(before, fingerprint(machine), beside=installed) == []
    steps = re.findall(r"\(\d\) (enuf .*?|write .*?)(?:;|$)", error["hint"])
    with installed.load() as counted:
        beside = machine.run("sh", "-c", steps[0])
        assert beside.code == 0, beside
        assert steps[1] == "write the lines above into /etc/enuf/shop/server.conf"
        machine.write("/etc/enuf/shop/server.conf", error["detail"])
        joined = machine.run("sh", "-c", steps[2])
        assert joined.code == 0, joined
        assert [each["domains"] for each in machine.run("enuf", "sites", "--json").json["sites"]] == [
            ["shop.example"],
            ["shop.example"],
        ]
        answer = installed.get("/api/echo")
        assert answer.headers["X-Version"] == "7" and installed.serves(1)
        assert answer.json["url"] == "http://shop.example/api/echo"
        assert answer.json["environ"]["REMOTE_ADDR"] == "127.0.0.1"
        machine.do("rm", "/etc/enuf/shop/server.conf")
        assert installed.enuf("install").code == 0
        assert api.enuf("uninstall").code == 0
    assert counted[0].lost == {} and counted[0].ok > 100, counted
    assert installed.get("/api/echo").status == 404 and installed.serves(1)


def with_gunicorn(site: Site) -> None:
    """Make a virtualenv in the project, with the gunicorn of these tests and the packages of enuf's."""
    venv, machine = f"{site.project}/.venv", site.machine
    machine.do(*as_user(OWNER), "/usr/bin/python3", "-m", "venv", "--without-pip", venv)
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name in ("gunicorn", "packaging"):
            spec = importlib.util.find_spec(name)
            assert spec and spec.origin
            archive.add(Path(spec.origin).parent, name)
    packages = f"$(echo {venv}/lib/python3*/site-packages)"
    unpack = (
        f"base64 -d | tar xz -C {packages} && echo {VENV}/lib/python3*/site-packages > {packages}/ours.pth"
    )
    machine.do("sh", "-c", unpack, stdin=base64.b64encode(packed.getvalue()).decode())
    start = f"#!{venv}/bin/python\nfrom gunicorn.app.wsgiapp import run\nrun()\n"
    machine.write(f"{venv}/bin/gunicorn", start, owner=OWNER)
    machine.do("chmod", "755", f"{venv}/bin/gunicorn")
