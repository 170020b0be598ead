"""The certificate of a project in the doctor: the names that a start demands."""

from __future__ import annotations

from pathlib import Path

from enuf.settings.load import survey
from enuf.start.own_certificate import certificate_findings
from tests.support.certificates import issue

SETTINGS = """
serve.hosts = ["shop.test"]
serve.www = "redirect"
tls.names = ["10.0.0.7"]
tls.certificate = "site.pem"
tls.key = "site.key"
"""


def findings(project: Path, *names: str) -> list[str]:
    """What the doctor says of a certificate with these names."""
    issue(*names).write(project)
    (project / "enuf.toml").write_text(SETTINGS, encoding="utf-8")
    loaded = survey(project, flags={}, environ={}, topologies=("nginx-uwsgi",)).accepted()
    return [each.message for each in certificate_findings(project, loaded)]


def test_a_certificate_for_all_names_of_the_site_is_sound(tmp_path: Path) -> None:
    assert findings(tmp_path, "shop.test", "www.shop.test", "10.0.0.7") == []


def test_the_name_that_leads_to_the_site_is_missed_as_at_a_start(tmp_path: Path) -> None:
    (message,) = findings(tmp_path, "shop.test", "10.0.0.7")
    assert message.endswith("is for shop.test, 10.0.0.7, and not for www.shop.test")
