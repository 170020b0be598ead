"""HTTPS by a local authority: `enuf up --tls local`, and the stores that trust it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.stack import APP, Stack, stack_in, until

pytestmark = pytest.mark.native

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
        [*words, f"https://{name}:{stack.port}/"], capture_output=True, text=True, timeout=30, check=False
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

    assert local.run("cert", "renew").code == 0
    until(lambda: "certificate taken: shop.test" in local.log("enuf.log"), what="the renewed one is taken")
    assert asked(local, "--cacert", status["ca"]).stdout == "version 1\n"


def test_there_is_nothing_to_show_or_to_renew_without_a_local_authority(local: Stack) -> None:
    status = local.run("cert", "status", "--json")
    assert (status.code, status.json) == (0, {"schema": 1, "mode": "off", "ca": "", "certificates": []})
    refused = local.run("cert", "untrust")
    assert refused.code == 1 and "there is no local authority" in refused.err
    local.write("enuf.toml", '[tls]\ncertificate = "a.pem"\nkey = "a.key"\n')
    renewed = local.run("cert", "renew")
    assert renewed.code == 4 and "whoever issued the certificate renews it" in renewed.err


@pytest.mark.root(reason="the system's store")
def test_trust_lets_the_system_and_a_browser_accept_the_site_and_untrust_takes_it_back(
    local: Stack, home: Path
) -> None:
    if not shutil.which("certutil"):
        pytest.skip("there is no certutil: apt-get install libnss3-tools")
    store = home / ".pki/nssdb"
    store.mkdir(parents=True)
    subprocess.run(["certutil", "-N", "--empty-password", "-d", f"sql:{store}"], check=True, timeout=60)
    local.up("--tls", "local")
    trusted = local.run("cert", "trust", "--json", timeout=120)
    try:
        assert trusted.code == 0, trusted
        assert [each["outcome"] for each in trusted.json["stores"]] == ["done", "done"], trusted
        assert trusted.json["stores"][1]["store"] == str(store)
        assert asked(local).stdout == "version 1\n"
        assert "enuf-ca" in known_to(store)
    finally:
        untrusted = local.run("cert", "untrust", "--json", timeout=120)
    assert [each["outcome"] for each in untrusted.json["stores"]] == ["done", "done"], untrusted
    assert asked(local).returncode == NO_ANSWER
    assert "enuf-ca" not in known_to(store)
    assert not list(Path("/usr/local/share/ca-certificates").glob("enuf-ca-*"))
    assert os.path.lexists(trusted.json["ca"])


def known_to(store: Path) -> str:
    done = subprocess.run(
        ["certutil", "-L", "-d", f"sql:{store}"], capture_output=True, text=True, timeout=60, check=True
    )
    return done.stdout
