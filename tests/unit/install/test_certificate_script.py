"""The script by which root takes a renewed certificate, run as it is, in folders of the test."""

from __future__ import annotations

import subprocess
from pathlib import Path

from enuf.install.certificate_script import CertificateJob, script_text
from enuf.model.site import CERTIFICATES, HostNginx, Site, SiteTls


def test_why_a_certificate_is_not_taken_is_said_without_escape_sequences(tmp_path: Path) -> None:
    site = Site(
        name="shop",
        nginx=HostNginx(
            program="/bin/false",
            version="1.22.1",
            user="www-data",
            log="/none",
            has_ipv6=False,
            pid_file="/none",
        ),
    )
    missing = r"/none/\033[31m.pem"
    tls = SiteTls(mode="files", certificate=missing, key="/none/key.pem", names=("shop.test",))
    text = script_text(CertificateJob(site=site, tls=tls))
    script = text.replace(CERTIFICATES, str(tmp_path)).replace(site.order_wish, str(tmp_path / "wish"))
    done = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, timeout=60, check=False)
    said = (tmp_path / "shop.problem").read_text()
    assert (done.returncode, missing in said, missing in done.stderr) == (1, True, True)
    assert "\x1b" not in said + done.stderr
