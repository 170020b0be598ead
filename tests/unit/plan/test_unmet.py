"""A setting that waits for another one, which is not set, is named in the plan."""

from __future__ import annotations

import pytest

from enuf.settings.origin import Origin
from tests.support.parts import plan, plan_request


@pytest.mark.parametrize(
    ("values", "note"),
    [
        ({"tls.hsts": "365d"}, "tls.hsts has no effect: the site has no HTTPS: set tls.mode"),
        (
            {"tls.email": "a@example.com", "tls.staging": True},
            'tls.email and tls.staging have no effect: only tls.mode = "acme" orders a certificate',
        ),
        ({"cache.stale": "30s"}, "cache.stale has no effect: cache.paths lists no path whose pages are kept"),
        (
            {"cache.stale": "30s", "cache.paths": {"/account": "off"}},
            "cache.stale has no effect: cache.paths lists no path whose pages are kept",
        ),
        ({"access.passwords": {"/x": "off"}}, "access.passwords has no effect: no path has a file with passwords"),
        ({"static.spa_except": ["/api/"]}, "static.spa_except has no effect: static.spa names no folder"),
        (
            {"http.maintenance_allow": ["192.0.2.7"]},
            "http.maintenance_allow has no effect: http.maintenance names no page",
        ),
    ],
)  # fmt: skip
def test_a_setting_without_the_one_that_it_waits_for_is_named(values: dict[str, object], note: str) -> None:
    assert note in plan(values).notes


def test_a_setting_beside_the_one_that_it_waits_for_is_not_named() -> None:
    values = {"cache.paths": {"/": "10s"}, "cache.stale": "30s", "static.spa_except": ["/api/"]}
    assert [note for note in plan(values).notes if "no effect" in note] == [
        "static.spa_except has no effect: static.spa names no folder"
    ]


def test_https_that_is_switched_off_by_a_flag_leaves_the_settings_of_the_file_in_peace() -> None:
    values = {"tls.hsts": "365d", "tls.certificate": "site.pem", "tls.key": "site.key"}
    origins = {**plan_request(values).origins, "tls.mode": Origin("flag", "--tls")}
    assert not [note for note in plan(values, origins=origins).notes if "no effect" in note]
