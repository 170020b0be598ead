"""When a server refuses its configuration: which raw setting it was."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from enuf.errors import AppNotFound, EnufError, NotReady
from enuf.settings.load import Loaded
from enuf.settings.origin import Origin
from enuf.settings.schema import Settings
from enuf.settings.sections.raw import Raw
from enuf.start.raw_errors import blamed

CONF = """\
events {}
http {
    # --- raw.nginx_http: your own lines, copied as they are
    map $uri $x { default 0; }
    # --- end of raw.nginx_http
    server {
        # --- raw.nginx_server: your own lines, copied as they are
        add_header A b;
        nope on;
        # --- end of raw.nginx_server
    }
}
"""


def plan(text: str = CONF) -> Any:
    front = SimpleNamespace(process=SimpleNamespace(config="nginx.conf"))
    return SimpleNamespace(front=front, file=lambda _name: SimpleNamespace(text=text))


def loaded(**raw: Any) -> Loaded:
    origins = {f"raw.{name}": Origin("file", f"enuf.toml:{line}") for line, name in enumerate(raw, 2)}
    return Loaded(Settings(raw=Raw(**raw)), origins)


def refused(said: str) -> NotReady:
    return NotReady("nginx exited with status 1", "the logs are in x", detail=said)


def judged(error: EnufError, settings: Loaded) -> EnufError:
    return blamed(error, cast(Any, plan()), lambda: settings)


BOTH = {"nginx_http": "map $uri $x { default 0; }", "nginx_server": "add_header A b;\nnope on;"}


@pytest.mark.parametrize(
    ("line", "place"),
    [
        (4, "nginx refuses line 1 of raw.nginx_http (enuf.toml:2): unknown directive"),
        (8, "nginx refuses line 1 of raw.nginx_server (enuf.toml:3): unknown directive"),
        (9, "nginx refuses line 2 of raw.nginx_server (enuf.toml:3): unknown directive"),
    ],
)
def test_a_refused_line_is_counted_within_its_setting(line: int, place: str) -> None:
    said = f"[notice] 1#1: x\n2026/01/01 00:00:00 [emerg] 12#12: unknown directive in /a b/nginx.conf:{line}\nnginx: [emerg] unknown directive in /a b/nginx.conf:{line}"
    found = judged(refused(said), loaded(**BOTH))
    assert found.summary == place
    assert (found.exit_code, found.detail) == (7, said)


def test_a_refused_line_of_ours_is_blamed_on_the_raw_lines_that_stand_somewhere() -> None:
    found = judged(
        refused('nginx: [emerg] "server" is not allowed here in /x/nginx.conf:12'),
        loaded(nginx_server="location / {"),
    )
    assert found.summary == 'nginx refuses raw.nginx_server (enuf.toml:2): "server" is not allowed here'


def test_without_raw_lines_nothing_is_blamed_on_the_user() -> None:
    error = refused("nginx: [emerg] bind() failed in /x/nginx.conf:9")
    assert judged(error, loaded()) is error


def test_an_option_that_uwsgi_names_is_found_by_its_whole_name() -> None:
    settings = loaded(uwsgi={"nope": True, "thread": 1})
    found = judged(refused("[uWSGI] x\n[strict-mode] unknown config directive: nope"), settings)
    assert (
        found.summary == "uWSGI refuses raw.uwsgi (enuf.toml:2): [strict-mode] unknown config directive: nope"
    )
    other = refused("threads = 2 is too few")
    assert judged(other, settings) is other


def test_errors_of_another_kind_are_left_as_they_are() -> None:
    error = AppNotFound("no app", detail="[emerg] 1#1: x in nginx.conf:9")
    assert judged(error, loaded(**BOTH)) is error
