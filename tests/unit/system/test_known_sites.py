"""The records of installed sites are read whichever version of enuf has written them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from enuf.system.sites import installed_sites, known_sites, site_named

NGINX = {"version": "1.22.1", "user": "www-data", "log": "/var/log/nginx", "has_ipv6": True}
OLDEST = {
    "schema": 1,
    "site": {"name": "shop", "nginx": NGINX},
    "project": "/srv/shop",
    "target": None,
    "flags": {},
    "user": "alice",
}


@pytest.fixture
def host(tmp_path: Path) -> Path:
    """Make the tree of a host with the records of four sites."""
    folder = tmp_path / "var/lib/enuf/sites"
    folder.mkdir(parents=True)
    (folder / "shop.json").write_text(json.dumps({**OLDEST, "unheard_of": {"a": 1}}))
    newer = {"schema": 7, "site": "another shape", "project": "/srv/wiki", "user": "bob", "enuf": "9.0"}
    (folder / "wiki.json").write_text(json.dumps(newer))
    (folder / "broken.json").write_text("{")
    (folder / "odd.json").write_text(json.dumps({"project": 5, "user": None}))
    return tmp_path


def test_every_site_is_known_and_only_those_that_are_understood_have_a_record(host: Path) -> None:
    known = {site.name: site for site in known_sites(host)}
    assert list(known) == ["broken", "odd", "shop", "wiki"]
    assert [record.site.name for record in installed_sites(host)] == ["shop"]
    assert {name for name, site in known.items() if site.record} == {"shop"}
    wiki = known["wiki"]
    assert (wiki.project, wiki.user, wiki.enuf, wiki.unit) == ("/srv/wiki", "bob", "9.0", "enuf-wiki.service")
    assert wiki.paths.control_socket == "/run/enuf-wiki/control.sock" and wiki.paths.site == "wiki"


def test_a_site_is_found_by_its_name(host: Path) -> None:
    shop = site_named("shop", host)
    assert shop and shop.record and shop.paths == shop.record.site.paths("/srv/shop")
    assert site_named("nobody", host) is None
    assert known_sites(host / "nowhere") == []
