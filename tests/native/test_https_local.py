"""HTTPS by a local authority: `enuf up --tls local`, and the stores that trust it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest
from playwright.sync_api import Error

from enuf.system.user import User
from enuf.tls.local import issued
from enuf.tls.stores import SYSTEM_FOLDER, change_stores
from tests.browser.chromium import chromium
from tests.support.own_network import own_network
from tests.support.stack import APP, Stack, stack_in, until

pytestmark = pytest.mark.native

F = TypeVar("F", bound=Callable[..., None])
NO_ANSWER = 60  # curl's exit status: the certificate is not trusted


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir(mode=0o700)
    return folder


@pytest.fixture
def local(tmp_path: Path, home: Path) -> Iterator[Stack]:
    with stack_in(
        tmp_path / "shop", env={"ENUF_SERVE_USER": "root", "HOME": str(home), "XDG_DATA_HOME": ""}
    ) as stack:
        stack.write("app.py", APP)
        yield stack


def asked(stack: Stack, *options: str, name: str = "localhost") -> subprocess.CompletedProcess[str]:
    words = ["curl", "-sS", *options, "--connect-to", f"{name}:{stack.port}:127.0.0.1:{stack.port}"]
    return subprocess.run(
        [*words, f"https://{name}:{stack.port}/"], capture_output=True, text=True, timeout=60, check=False
    )


def test_https_is_served_by_one_word_and_the_certificate_is_renewed_on_request(
    local: Stack, home: Path
) -> None:
    local.up("--tls", "local", "--set", "tls.names=shop.test")
    assert local.url == f"https://127.0.0.1:{local.port}"
    status = local.run("cert", "status", "--json").json
    assert status["mode"] == "local"
    (certificate,) = status["certificates"]
    assert certificate["names"] == ["shop.test", "localhost", "127.0.0.1", "::1"]
    assert certificate["days_left"] == 29
    assert status["ca"].startswith(str(home / ".local/share/enuf/tls"))
    for name in ("localhost", "127.0.0.1", "shop.test"):
        done = asked(local, "--cacert", status["ca"], name=name)
        assert done.stdout == "version 1\n", done
    assert asked(local).returncode == NO_ANSWER

    renewed = local.run("cert", "renew")
    assert renewed.code == 0
    assert renewed.out.startswith("renewed: shop.test, localhost, 127.0.0.1, ::1   issued by enuf local CA ")
    assert ", 29 days left (" in renewed.out
    until(lambda: "certificate taken: shop.test" in local.log("enuf.log"), what="the renewed one is taken")
    assert asked(local, "--cacert", status["ca"]).stdout == "version 1\n"


def test_a_plan_issues_nothing_and_says_for_whom_the_certificate_is(local: Stack, home: Path) -> None:
    words = ("--tls", "local", "--listen", "0.0.0.0:8443")
    plan = local.run("plan", *words)
    assert plan.code == 0 and "for localhost, 127.0.0.1, ::1; add the name" in plan.out, plan
    assert "--set tls.names=" in plan.out
    assert not list(home.iterdir())
    assert "for localhost" not in local.run("plan", *words, "--set", "tls.names=shop.test").out


def test_there_is_nothing_to_show_or_to_renew_without_a_local_authority(local: Stack, home: Path) -> None:
    refused = local.run("cert", "untrust")
    assert refused.code == 1 and "there is no local authority" in refused.err
    issued(home / ".local/share/enuf/tls", ())  # another project's certificate, for the usual names
    status = local.run("cert", "--json")
    assert (status.code, status.json) == (
        0,
        {"schema": 1, "mode": "off", "ca": "", "certificates": [], "order": None},
    )
    assert "this project serves no HTTPS" in local.run("cert", "status").err
    renewed = local.run("cert", "renew")
    assert renewed.code == 1 and "this project serves no HTTPS" in renewed.err
    local.write("enuf.toml", '[tls]\ncertificate = "a.pem"\nkey = "a.key"\n')
    renewed = local.run("cert", "renew")
    assert renewed.code == 4 and "whoever issued the certificate renews it" in renewed.err


def system_store(test: F) -> F:
    """Mark a test that changes the system's store: one after another, because `untrust` takes out all of a user's."""
    for mark in (
        pytest.mark.root(reason="the system's store"),
        pytest.mark.xdist_group("the system's store"),
        pytest.mark.skipif(not shutil.which("certutil"), reason="apt-get install libnss3-tools"),
    ):
        test = mark(test)
    return test


def browser_store(home: Path, uid: int = 0) -> Path:
    """An empty store of Chromium's in this home, as the user's own browser would have made it."""
    store = home / ".pki/nssdb"
    store.mkdir(parents=True)
    for folder in (home, home / ".pki", store):
        os.chown(folder, uid, uid)
    subprocess.run(
        ["certutil", "-N", "--empty-password", "-d", f"sql:{store}"],
        check=True,
        timeout=60,
        user=uid,
        group=uid,
    )
    return store


def seen_by_a_browser(stack: Stack, home: Path) -> str:
    """The text of the site's page in Chromium, or the error page's code."""
    with chromium(env={**os.environ, "HOME": str(home)}) as browser:
        page = browser.new_page()
        try:
            page.goto(f"https://localhost:{stack.port}/")
        except Error as error:
            return error.message
        return page.inner_text("body").strip()


@system_store
def test_trust_lets_the_system_and_a_browser_accept_the_site_and_untrust_takes_it_back(
    local: Stack, home: Path
) -> None:
    store = browser_store(home)
    local.up("--tls", "local")
    assert "ERR_CERT_AUTHORITY_INVALID" in seen_by_a_browser(local, home)
    trusted = local.run("cert", "trust", "--json", timeout=120)
    try:
        assert trusted.code == 0, trusted
        assert [each["outcome"] for each in trusted.json["stores"]] == ["done", "done"], trusted
        assert trusted.json["stores"][1]["store"] == str(store)
        assert asked(local).stdout == "version 1\n"
        assert seen_by_a_browser(local, home) == "version 1"
        # An authority that is made anew does not hide the one before.
        assert local.run("down").code == 0
        shutil.rmtree(home / ".local")
        local.up("--tls", "local")
        assert local.run("cert", "trust", timeout=120).code == 0
        assert asked(local).stdout == "version 1\n"
        assert known_to(store).count("enuf-0-") == len(list(SYSTEM_FOLDER.glob("enuf-0-*"))) == 2
        shutil.rmtree(home / ".local")
    finally:
        untrusted = local.run("cert", "untrust", "--json", timeout=120)
    assert [each["outcome"] for each in untrusted.json["stores"]] == ["done", "done"], untrusted
    assert asked(local).returncode == NO_ANSWER
    assert "ERR_CERT_AUTHORITY_INVALID" in seen_by_a_browser(local, home)
    assert "enuf-" not in known_to(store)
    assert not list(SYSTEM_FOLDER.glob("enuf-0-*"))


@system_store
def test_each_user_trusts_an_authority_apart_also_one_that_root_alone_can_read(
    open_folder: Path,
) -> None:
    closed = open_folder / "closed"
    ca = issued(closed, ()).ca
    users = [
        User("alice", 61103, 61103, str(open_folder / "alice")),
        User("b", 61104, 61104, str(open_folder / "b")),
    ]
    stores = [browser_store(Path(user.home), user.uid) for user in users]
    try:
        for user in users:
            assert [each.outcome for each in change_stores(ca, user, trust=True)] == ["done", "done"], user
        assert [each.outcome for each in change_stores(ca, users[0], trust=False)] == ["done", "done"]
        assert "enuf-" not in known_to(stores[0])
        assert "enuf-61104-" in known_to(stores[1])
        assert not list(SYSTEM_FOLDER.glob("enuf-61103-*")) and list(SYSTEM_FOLDER.glob("enuf-61104-*"))
    finally:
        for user in users:
            change_stores(None, user, trust=False)


def known_to(store: Path) -> str:
    done = subprocess.run(
        ["certutil", "-L", "-d", f"sql:{store}"], capture_output=True, text=True, timeout=60, check=True
    )
    return done.stdout


@pytest.mark.root(reason="a network of its own")
def test_a_port_that_root_alone_may_take_is_refused_with_a_way_that_works(
    open_python: str, open_folder: Path
) -> None:
    home = open_folder / "home"
    home.mkdir()
    env = {"HOME": str(home), "XDG_DATA_HOME": "", "USER": "somebody"}
    with own_network(), stack_in(open_folder / "shop", enuf=(open_python, "-m", "enuf"), env=env) as stack:
        stack.write("app.py", APP)
        for path in (home, stack.project, *stack.project.rglob("*")):
            os.chown(path, 61105, 61105)
        words = ("up", "-d", "--tls", "local", "--listen", "127.0.0.1:443")
        as_somebody: Any = {"user": 61105, "group": 61105, "extra_groups": []}
        done = stack.run(*words, **as_somebody)
        assert done.code == 9 and "error: only root may listen on port 443" in done.err, done
        assert "enuf up --listen 127.0.0.1:8443; or start as root: sudo " in done.err
        typed = done.err.split("sudo sysctl ")[1].split()[0]
        assert typed == "net.ipv4.ip_unprivileged_port_start=80"
        name, value = typed.split("=")
        Path("/proc/sys", *name.split(".")).write_text(value)  # what sysctl does, in this network alone
        with socket.create_server(("127.0.0.1", 80)):
            done = stack.run(*words, **as_somebody)
            assert done.code == 8 and "127.0.0.1:80 is already in use by a process of root" in done.err, done
            assert (
                "sudo ss -ltnp sport = :80; or choose another address: enuf up --set tls.http=off" in done.err
            )
            stack.env["ENUF_TLS_HTTP"] = "off"
            done = stack.run(*words, **as_somebody)
        assert done.code == 0, done
        stack.port = 443
        assert asked(stack, "--insecure").stdout == "version 1\n"
        assert stack.run("down", **as_somebody).code == 0
