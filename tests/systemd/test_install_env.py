"""Secrets of an installed site, its places to write, and its limits: as systemd gives them to the real service."""

from __future__ import annotations

import pytest

from enuf.syntax.env_file import values_in, with_values
from tests.support.booted import Booted
from tests.support.stack import APP as USUAL
from tests.support.stack import Finished, until

from .site import OWNER, Site

pytestmark = [
    pytest.mark.native,
    pytest.mark.root,
    pytest.mark.timeout(400),
    pytest.mark.xdist_group("systemd"),  # one worker alone waits for the Debian to be made
]

FILE = "/etc/enuf/shop/env"
SECRET, NEW, BROKEN = "first-s3cret 'a' \"b\" $c \\ %h", "second-s3cret", "third-s3cret"
EXTRA = """
import pathlib, sqlite3
KEY = os.environ["SECRET_KEY"]
if "third" in KEY:
    raise RuntimeError(f"cannot connect with {KEY}")
database = sqlite3.connect(pathlib.Path(os.environ["STATE_DIRECTORY"]) / "app.db")
database.execute("create table if not exists visits (at text)")
database.commit()
database.close()
for folder in ("HOME", "CACHE_DIRECTORY", "XDG_CACHE_HOME"):
    (pathlib.Path(os.environ[folder]) / "tried").write_text("x")

@app.get("/key")
def key():
    return KEY

@app.get("/of/<name>")
def of(name):
    return os.environ.get(name, "-")

@app.get("/credential/<name>")
def credential(name):
    return (pathlib.Path(os.environ["CREDENTIALS_DIRECTORY"]) / name).read_text()

@app.get("/say/<word>")
def say(word):
    print("the app says", word, flush=True)
    return word
"""
APP = USUAL + EXTRA
ODD = {
    "PLAIN": "a b  c ",
    "QUOTES": "\"double\" 'single' `back`",
    "SIGNS": "$HOME ${x} % %h \\ \\n # ; = !",
    "LINES": "-----BEGIN-----\nabc=\n-----END-----\n",
    "KOREAN": "비밀 번호\t끝",
    "EMPTY": "",
}


def env(site: Site, *words: str, stdin: str = "") -> Finished:
    """Run `enuf env`, from a folder that is no project."""
    return site.machine.run("env", "-C", "/", "enuf", "env", *words, stdin=stdin, timeout=120)


def said_of(machine: Booted, secret: str) -> str:
    """Return the files of all logs and records, and the lines of the journal, that hold a secret."""
    found = machine.run(
        "grep", "-rlaF", secret, "/var/log/enuf-shop", "/var/lib/enuf", "/run/enuf-shop", "/etc/systemd"
    ).out
    return found + machine.run("sh", "-c", f"journalctl --no-pager | grep -F '{secret}'").out


def test_secrets_reach_the_app_and_nobody_else(shop: Site) -> None:
    machine = shop.machine
    shop.write("app.py", APP)
    refused = shop.enuf("install", "--domain", shop.domain)
    assert refused.code == 5 and "enuf env set shop SECRET_KEY" in refused.err, refused
    assert env(shop, "set", "shop", "SECRET_KEY", stdin=f"{SECRET}\n").code == 0
    assert machine.do("stat", "-c", "%U %a", FILE).split() == ["root", "600"]
    installed = shop.install()
    assert "/var/lib/enuf-shop ($STATE_DIRECTORY)" in installed.out
    assert shop.get("/key").text == SECRET
    assert shop.get("/of/HOME").text == "/var/lib/enuf-shop"
    listed = env(shop, "list", "shop")
    assert (listed.code, listed.out) == (0, "SECRET_KEY\n")

    # A new value comes by a reload, without a lost request, and a value that the app refuses does not come at all.
    pid = shop.main_pid()
    with shop.load() as counted:
        changed = env(shop, "set", "shop", "SECRET_KEY", stdin=NEW)
        assert changed.code == 0 and NEW not in changed.out + changed.err, changed
        assert shop.get("/key").text == NEW
        broken = env(shop, "set", "shop", "SECRET_KEY", stdin=BROKEN)
        assert broken.code == 7 and "as before" in broken.err and "cannot connect" in broken.err, broken
        assert shop.enuf("reload").code == 0
        assert shop.get("/key").text == NEW
    assert counted[0].lost == {} and counted[0].ok, counted[0]
    assert shop.main_pid() == pid
    assert BROKEN not in broken.out + broken.err
    assert values_in(machine.read(FILE)) == {"SECRET_KEY": NEW}
    assert [said_of(machine, secret) for secret in (NEW, BROKEN)] == ["", ""]
    assert env(shop, "unset", "shop", "SECRET_KEY").code == 7
    assert env(shop, "unset", "shop", "SECRET_KEY", "--no-reload").code == 0
    assert machine.run("ls", FILE).code != 0


def test_drop_ins_of_the_administrators_keep_their_say(installed: Site) -> None:
    shop, machine = installed, installed.machine
    env(shop, "set", "shop", "SECRET_KEY", "--no-reload", stdin=SECRET)
    machine.write(
        f"/etc/systemd/system/{shop.unit}.d/override.conf",
        "[Service]\nEnvironment='DROPPED=a b $$c \"d\"' HOME=/var/cache/enuf-shop\nEnvironmentFile=/root/more\nLoadCredential=db:/root/db\n",
    )
    machine.write("/root/more", "MORE=from a file\n")
    machine.write("/root/db", "credential-s3cret")
    machine.do("systemctl", "daemon-reload")
    shop.write(
        "app.py",
        f'{APP}\nassert os.environ["DROPPED"] == \'a b $$c "d"\', os.environ["DROPPED"]\nassert os.environ["MORE"] == "from a file"\n'
        'assert credential("db") == "credential-s3cret"\n',
    )
    shop.install("--set", "serve.timeout=40s")
    assert shop.get("/of/HOME").text == "/var/cache/enuf-shop"
    assert shop.get("/credential/db").text == "credential-s3cret"

    # The values survive systemd's own reader as they are.
    machine.write("/root/odd", with_values("# kept\nPLAIN=old\n; and this", ODD))
    read = machine.do(
        "systemd-run", "--pipe", "--wait", "--quiet", "-p", "EnvironmentFile=/root/odd", "env", "-0"
    )
    shown = dict(each.split("=", 1) for each in read.split("\0") if each)
    assert {name: shown.get(name) for name in ODD} == ODD

    gone = shop.enuf("uninstall")
    assert gone.code == 0 and f"/etc/systemd/system/{shop.unit}.d is root's own and stays" in gone.out, gone


def test_a_site_writes_where_it_may_and_uses_no_more_than_it_may(shop: Site) -> None:
    machine = shop.machine
    shop.write("app.py", APP.replace('os.environ["SECRET_KEY"]', '"k"'))
    shop.write("config.py", 'UPLOAD_FOLDER = "uploads"\n')
    settings = '[install]\nmax_memory = "600m"\nmax_cpu = 150\nmax_tasks = 300\nafter = ["postgresql.service"]\njournal = true\n'
    shop.write("enuf.toml", settings)
    machine.do("install", "-d", "-o", OWNER, f"{shop.project}/uploads", f"{shop.project}/data")
    machine.do("mkdir", f"{shop.project}/roots")
    refused = shop.enuf("install", "--domain", shop.domain, "--writable", "roots")
    assert refused.code == 4 and OWNER in refused.err and "roots" in refused.err, refused
    assert "--writable uploads" not in shop.install("--writable", "uploads").err
    limits = machine.unit(shop.unit, "MemoryMax", "CPUQuotaPerSecUSec", "TasksMax", "After")
    assert limits["MemoryMax"] == str(600 << 20) and limits["TasksMax"] == "300"
    assert limits["CPUQuotaPerSecUSec"] == "1.500000s" and "postgresql.service" in limits["After"]
    assert machine.run("stat", "/var/lib/enuf-shop/app.db").code == 0
    shop.get("/say/hello-journal")
    told = ("journalctl", "--no-pager", "-o", "cat", "-u", shop.unit)
    until(lambda: "the app says hello-journal" in machine.do(*told), what="the app's line in the journal")
    assert "the app says hello-journal" in machine.read("/var/log/enuf-shop/server.log")

    added = shop.install("--writable", "data")
    paths = machine.unit(shop.unit, "ReadWritePaths")["ReadWritePaths"]
    assert paths.split() == ["/srv/shop/uploads", "/srv/shop/data"]
    taken = shop.install("--not-writable", "uploads")
    assert "may no longer write /srv/shop/uploads" in taken.err and "no longer" not in added.err
    assert "config.py:1 writes uploads" in taken.err and "--writable uploads" in taken.err
    assert machine.unit(shop.unit, "ReadWritePaths")["ReadWritePaths"] == "/srv/shop/data"
    moved = shop.enuf("install", "--domain", "blog.example")
    assert moved.code == 0 and "no longer answers to shop.example" in moved.err, moved

    gone = shop.enuf("uninstall")
    assert gone.code == 0 and "rm -r /var/lib/enuf-shop" in gone.out, gone
    assert machine.run("stat", "/var/cache/enuf-shop").code != 0
    machine.do("rm", "-r", "/var/lib/enuf-shop")

    # Root's own project: a temporary user, who has a place of its own all the same.
    machine.do("chown", "-R", "root:", shop.project)
    machine.do("rm", f"{shop.project}/enuf.toml")
    refused = shop.enuf("install", "--domain", shop.domain, "--writable", "data")
    assert refused.code == 4 and "$STATE_DIRECTORY" in refused.err, refused
    shop.install()
    assert shop.get("/key").text == "k"
    assert machine.run("stat", "/var/lib/private/enuf-shop/app.db").code == 0
    machine.do("systemctl", "stop", shop.unit)
    machine.do("rm", "/var/lib/private/enuf-shop/app.db", "/var/lib/private/enuf-shop/tried")
    assert "nothing of it is left" in shop.enuf("uninstall").out
    for path in (
        "/var/lib/enuf-shop",
        "/var/lib/private/enuf-shop",
        "/var/cache/enuf-shop",
        "/var/cache/private/enuf-shop",
    ):
        assert machine.run("stat", path).code != 0, path
