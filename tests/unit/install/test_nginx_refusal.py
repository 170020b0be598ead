"""Why nginx refuses its configuration: whose fault it is, and what the hint says to do."""

from __future__ import annotations

import pytest

from enuf.install.nginx_dump import FilePlace, places_of_default, places_of_name
from enuf.install.nginx_refusal import paths_in_faults, read_fault, refused
from enuf.model.site import Installed, Site, Written
from tests.support.parts import HOST_NGINX

CONF = "/etc/nginx/nginx.conf"


def record(name: str) -> Installed:
    files = (Written(path=f"/etc/nginx/sites-enabled/enuf-{name}", digest="link:"),)
    site = Site(name=name, nginx=HOST_NGINX)
    return Installed(site=site, project=f"/srv/{name}", target=None, flags={}, user="alice", files=files)


@pytest.mark.parametrize(("printed", "said"), [
    ("nginx: [emerg] unknown directive \"x\" in /etc/nginx/conf.d/theirs.conf:7\nnginx: configuration file x test failed",
     "enuf has not written /etc/nginx/conf.d/theirs.conf: correct its line 7"),
    ("2026/11/28 01:51:33 [emerg] 16815#16815: could not build server_names_hash, you should increase "
     "server_names_hash_bucket_size: 64", "`server_names_hash_bucket_size 128;` into the http block of /etc/nginx/nginx.conf"),
    ("nginx: [emerg] could not build the map_hash, you should increase either map_hash_max_size: 2048 or map_hash_bucket_size: 64",
     "`map_hash_max_size 4096;`"),
    ("nginx: [emerg] cannot load certificate \"/var/lib/enuf/tls/blog.pem\": BIO_new_file() failed (SSL: error)",
     "the site blog is enuf's: `enuf --project /srv/blog install`"),
    ("nginx: [emerg] open() \"/etc/nginx/sites-enabled/enuf-shop\" failed (2: No such file or directory) in /etc/nginx/nginx.conf:60",
     "the site shop is enuf's"),
    ("nginx: [emerg] open() \"/var/log/nginx/enuf-blog/access.log\" failed (2: No such file or directory)", "the site blog is"),
    ("something else", "correct that until `sudo nginx -t` succeeds"),
])  # fmt: skip
def test_the_hint_names_the_file_and_the_remedy(printed: str, said: str) -> None:
    error = refused(printed, [record("shop"), record("blog")], CONF)
    assert said in error.hint
    assert error.summary.startswith("nginx refuses its configuration: ")
    assert "emerg" not in error.summary and error.detail == printed


def test_a_site_is_not_blamed_for_another_whose_name_begins_alike() -> None:
    text = 'open() "/etc/nginx/sites-enabled/enuf-shop-2" failed (2: No such file or directory)'
    assert not read_fault(f"[emerg] {text}").names(paths_in_faults(record("shop")))
    assert read_fault(f"[emerg] {text}").names(paths_in_faults(record("shop-2")))


DUMP = """\
# configuration file /etc/nginx/nginx.conf:
http {
    # server_name shop.example;
    include /etc/nginx/sites-enabled/*;
}
# configuration file /etc/nginx/sites-enabled/default:
server {
    listen 80 default_server;
    listen [::]:80 default_server;
    server_name _;
}
# configuration file /etc/nginx/sites-enabled/old:
server { listen 127.0.0.1:8080 default_server; server_name www.shop.example
    shop.example; }
"""


def test_the_file_and_line_of_a_name_and_of_a_default_site_are_found() -> None:
    assert list(map(str, places_of_name(DUMP, "shop.example"))) == ["/etc/nginx/sites-enabled/old:1"]
    assert places_of_name(DUMP, "www.example") == []
    default = "/etc/nginx/sites-enabled/default"
    assert places_of_default(DUMP, 80) == [FilePlace(default, 2), FilePlace(default, 3)]
    assert list(map(str, places_of_default(DUMP, 8080))) == ["/etc/nginx/sites-enabled/old:1"]
    assert places_of_default(DUMP, 443) == []
