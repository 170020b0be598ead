"""The script by which root takes a renewed certificate, run as it is, in folders of the test."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from enuf.install.certificate_script import CertificateJob, script_text
from enuf.model.site import CERTIFICATES, LIBRARY, HostNginx, Site, SiteTls
from tests.support.certificates import issue


def host_nginx(program: str = "/bin/false", pid_file: str = "/none") -> HostNginx:
    return HostNginx(
        program=program, version="1.22.1", user="www-data", log="/none", has_ipv6=False, pid_file=pid_file
    )


def test_plain_http_leads_to_https_only_once_nginx_has_the_certificate(tmp_path: Path) -> None:
    nginx, pid_file = tmp_path / "nginx", tmp_path / "nginx.pid"
    nginx.write_text(f"#!/bin/sh\n[ $1 = -t ] || ls {tmp_path}/tls > {tmp_path}/at-the-reload\n")
    nginx.chmod(0o755)
    pid_file.write_text(f"{os.getpid()}\n")
    site = Site(name="shop", nginx=host_nginx(str(nginx), str(pid_file)))
    pair = issue("shop.test")
    tls = SiteTls(
        mode="files", certificate=f"{tmp_path}/a.pem", key=f"{tmp_path}/a.key", names=("shop.test",)
    )
    Path(tls.certificate).write_bytes(pair.chain)
    Path(tls.key).write_bytes(pair.key_pem)
    (tmp_path / "tls").mkdir()
    for name in ("shop.plain", "shop.pem"):
        (tmp_path / "tls" / name).touch()
    script = script_text(CertificateJob(site=site, tls=tls)).replace(LIBRARY, str(tmp_path))

    def run() -> set[str]:
        subprocess.run(["/bin/sh", "-c", script], capture_output=True, timeout=60, check=True)
        return {path.name for path in (tmp_path / "tls").iterdir()}

    assert "shop.plain" not in run()
    assert "shop.plain" in (tmp_path / "at-the-reload").read_text()
    (tmp_path / "tls" / "shop.plain").touch()  # a run that was cut off before its end
    assert "shop.plain" not in run()


def test_why_a_certificate_is_not_taken_is_said_without_escape_sequences(tmp_path: Path) -> None:
    site = Site(name="shop", nginx=host_nginx())
    missing = r"/none/\033[31m.pem"
    tls = SiteTls(mode="files", certificate=missing, key="/none/key.pem", names=("shop.test",))
    text = script_text(CertificateJob(site=site, tls=tls))
    script = text.replace(CERTIFICATES, str(tmp_path)).replace(site.order_wish, str(tmp_path / "wish"))
    done = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, timeout=60, check=False)
    said = (tmp_path / "shop.problem").read_text()
    assert (done.returncode, missing in said, missing in done.stderr) == (1, True, True)
    assert "\x1b" not in said + done.stderr
