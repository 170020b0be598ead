"""Where a site belongs is read from what the host's nginx includes."""

from __future__ import annotations

from pathlib import Path

import pytest

from enuf.errors import ToolUnusable
from enuf.install.nginx_layout import SiteLayout, read_main_config, site_layout

CONF = "/etc/nginx/nginx.conf"
DEBIAN = """
user www-data;
pid /run/nginx.pid;
include /etc/nginx/modules-enabled/*.conf;
events { worker_connections 768; }
http {
    include /etc/nginx/mime.types;
    # include /etc/nginx/old-sites/*;
    log_format x '$host; include /tmp/*;';
    include /etc/nginx/conf.d/*.conf;
    include /etc/nginx/sites-enabled/*;
    server { include /etc/nginx/snippets/*.conf; }
}
"""
RED_HAT = "user nginx;\nhttp { include conf.d/*.conf; }\n"


def layout(text: str) -> SiteLayout:
    return site_layout(read_main_config(text, CONF), CONF)


def test_debian_has_a_pair_of_folders() -> None:
    found = layout(DEBIAN)
    assert (found.folder, found.link_folder, found.ending) == (
        "/etc/nginx/sites-available",
        "/etc/nginx/sites-enabled",
        "",
    )


def test_a_name_ends_as_the_include_wants_it() -> None:
    assert layout(DEBIAN.replace("sites-enabled/*", "sites-enabled/*.conf")).ending == ".conf"


@pytest.mark.parametrize(("text", "folder"), [
    (RED_HAT, "/etc/nginx/conf.d"),
    ("http { include /etc/nginx/http.d/*.conf; }", "/etc/nginx/http.d"),
    ("http{include '/srv/sites with a blank/*.conf';}", "/srv/sites with a blank"),
])  # fmt: skip
def test_elsewhere_there_is_one_folder(text: str, folder: str) -> None:
    assert layout(text) == SiteLayout(folder=folder)


@pytest.mark.parametrize("text", [
    "http { }",
    "http { include mime.types; include sites/shop.conf; }",
    "http { include /srv/*/nginx/*.conf; }",
    "include /etc/nginx/conf.d/*.conf;",
    "stream { include /etc/nginx/conf.d/*.conf; }",
    "http { server { include /etc/nginx/conf.d/*.conf; } }",
])  # fmt: skip
def test_without_such_a_folder_it_says_which_line_is_missing(text: str) -> None:
    with pytest.raises(ToolUnusable) as refused:
        layout(text)
    assert "include /etc/nginx/conf.d/*.conf;" in refused.value.hint


def test_the_user_and_the_pid_file_are_those_of_the_outermost_level() -> None:
    assert read_main_config(DEBIAN, CONF).user == "www-data"
    assert read_main_config(DEBIAN, CONF).pid == "/run/nginx.pid"
    assert read_main_config("http { server { user nobody; } }", CONF).user == ""


def test_a_file_with_an_open_brace_is_refused() -> None:
    with pytest.raises(ToolUnusable):
        read_main_config("http { include conf.d/*.conf;", CONF)


def test_the_nginx_of_this_machine_is_understood() -> None:
    main = Path(CONF)
    if not main.exists():
        pytest.skip("no nginx of the system")
    assert site_layout(read_main_config(main.read_text(), CONF), CONF).folder.startswith("/etc/nginx/")
