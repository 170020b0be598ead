"""Sites as people make them by hand, read for a take-over: what is taken, what is said to be left out, what is refused."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from enuf.errors import SettingsInvalid
from enuf.install.takeover.choose import find_hand_made
from enuf.install.takeover.found import HandMade
from enuf.settings.fields import dotted_keys

UWSGI = """[uwsgi]
chdir = {project}
module = wsgi:app
master = true
processes = 5
socket = shop.sock
chmod-socket = 660
vacuum = true
die-on-term = true
"""
"""The ini of a much copied tutorial."""
SITE = """server {
    listen 80;
    server_name shop.example www.shop.example;
    location / {
        include uwsgi_params;
        uwsgi_pass unix:{project}/shop.sock;
    }
}
"""
GUNICORN = """[Unit]
Description=Gunicorn instance to serve shop
After=network.target

[Service]
User=sammy
Group=www-data
WorkingDirectory={project}
Environment="PATH={project}/venv/bin"
ExecStart={project}/venv/bin/gunicorn --workers 3 --bind unix:shop.sock -m 007 wsgi:app

[Install]
WantedBy=multi-user.target
"""
PROXY = SITE.replace("include uwsgi_params;", "include proxy_params;").replace(
    "uwsgi_pass ", "proxy_pass http://"
)
NGINX = "user www-data;\nevents {}\nhttp {\n    include conf.d/*.conf;\n    include sites-enabled/*;\n}\n"


class Host:
    """The files of a host: nginx's, and a project."""

    def __init__(self, folder: Path) -> None:
        self.project, self.nginx = folder / "shop", folder / "nginx"
        self.write("shop/wsgi.py", "app = None\n")
        self.write("nginx/nginx.conf", NGINX)
        self.write("nginx/uwsgi_params", "uwsgi_param QUERY_STRING $query_string;\n")
        self.write(
            "nginx/proxy_params",
            "proxy_set_header Host $http_host;\nproxy_set_header X-Real-IP $remote_addr;\n",
        )

    def write(self, name: str, text: str) -> None:
        """Write a file; `{project}` in the text is the folder of the project."""
        path = self.project.parent / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("{project}", str(self.project)), encoding="utf-8")

    def site(self, text: str, name: str = "sites-enabled/shop") -> None:
        """Write a file of nginx's."""
        self.write(f"nginx/{name}", text)

    def found(self) -> HandMade:
        """Return the hand-made site of the project."""
        return find_hand_made(self.project, str(self.nginx / "nginx.conf"))

    def settings(self) -> Mapping[str, str]:
        """Return the settings that are taken over, each as its field reads it."""
        taken = self.found().settings
        for key, each in taken.items():
            dotted_keys()[key].kind.read_text(each.value)
        return {key: each.value.replace(str(self.project), "") for key, each in taken.items()}

    def gaps(self) -> list[str]:
        """Return what is left out, with the lines."""
        return [f"{gap.place.rpartition('/')[2]} {gap.text}" for gap in self.found().gaps]


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)


def refusal(host: Host) -> str:
    with pytest.raises(SettingsInvalid) as error:
        host.found()
    assert error.value.slug == "not-adoptable" and error.value.hint
    return error.value.summary


def test_the_uwsgi_site_of_a_tutorial_is_taken_whole(host: Host) -> None:
    host.write("shop/shop.ini", UWSGI)
    host.site(SITE)
    found = host.found()
    assert host.settings() == {"serve.processes": "5", "serve.threads": "1"}
    assert (found.server.target, found.site.names) == ("wsgi:app", ("shop.example", "www.shop.example"))
    assert found.site.files == (f"{host.nginx}/sites-enabled/shop",)
    assert host.gaps() == []


def test_the_gunicorn_unit_of_a_tutorial_is_taken_whole(host: Host) -> None:
    host.write("shop/deploy/shop.service", GUNICORN)
    host.write("shop/venv/pyvenv.cfg", "home = /usr/bin\n")
    host.site(PROXY)
    found = host.found()
    assert host.settings() == {
        "python": "/venv/bin/python",
        "serve.processes": "3",
        "serve.threads": "1",
        "serve.timeout": "30s",
    }
    assert (found.server.target, found.server.user and found.server.user.value) == ("wsgi:app", "sammy")
    assert host.gaps() == []


def test_certbots_https_becomes_https_with_its_files(host: Host) -> None:
    host.write("shop/shop.ini", UWSGI)
    secure = """    listen 443 ssl; # managed by Certbot
    ssl_certificate /etc/letsencrypt/live/shop.example/fullchain.pem; # managed by Certbot
    ssl_certificate_key /etc/letsencrypt/live/shop.example/privkey.pem; # managed by Certbot
    ssl_dhparam /etc/letsencrypt/ssl-dhparams.pem; # managed by Certbot
"""
    plain = """server {
    if ($host = shop.example) { return 301 https://$host$request_uri; }
    if ($host = www.shop.example) { return 301 https://$host$request_uri; }
    listen 80;
    server_name shop.example www.shop.example;
    return 404; # managed by Certbot
}
"""
    host.site(SITE.replace("    listen 80;\n", secure) + plain)
    settings = host.settings()
    assert settings["tls.certificate"] == "/etc/letsencrypt/live/shop.example/fullchain.pem"
    assert settings["tls.key"] == "/etc/letsencrypt/live/shop.example/privkey.pem"
    assert "serve.listen" not in settings and host.gaps() == []


def test_limits_files_and_guards_are_settings(host: Host) -> None:
    host.write(
        "shop/shop.ini",
        UWSGI
        + "threads = 4\nharakiri = 50\nmax-requests = 5000\nlazy-apps = true\nstatic-map = /docs=docs\n",
    )
    for name in ("media/a", "docs/b"):
        host.write(f"shop/{name}", "a file")
    lines = """client_max_body_size 20M;
    uwsgi_read_timeout 90s;
    auth_basic "Staff"; auth_basic_user_file /etc/nginx/.htpasswd;
    location /media { root {project}; expires 7d; access_log off; }
    location = /favicon.ico { access_log off; log_not_found off; }
    location ~ /\\.ht { deny all; }
    location /admin { allow 10.0.0.0/8; deny all; include uwsgi_params; uwsgi_pass unix:{project}/shop.sock; }
"""
    host.site(SITE.replace("    location / {", f"    {lines}    location / {{"))
    assert host.settings() == {
        "serve.max_body": "20m",
        "serve.timeout": "50s",
        "serve.processes": "5",
        "serve.threads": "4",
        "workers.max_requests": "5000",
        "workers.lazy": "true",
        "static.extra": '{ "/docs/" = "/docs" }',
        "static.cache": '{ "/media/" = "7d" }',
        "access.passwords": '{ "/" = "/etc/nginx/.htpasswd" }',
        "access.allow": '{ "/admin" = ["10.0.0.0/8"] }',
    } | {"static.extra": host.settings()["static.extra"]}
    assert set(re.findall(r'"(/\w+/)"', host.settings()["static.extra"])) == {"/docs/", "/media/"}
    assert host.gaps() == []


def test_an_app_below_a_prefix_beside_other_programs_names_what_would_be_lost(host: Host) -> None:
    host.write(
        "shop/shop.ini",
        "[uwsgi]\nmount = /api=wsgi:app\nmanage-script-name = true\nsocket = 127.0.0.1:3031\nenv = KEY=hush\ncron = -1 -1 -1 -1 -1 x\n",
    )
    other = "    location / { proxy_pass http://127.0.0.1:9000; }\n    add_header X-Robots-Tag noindex;\n"
    at = "location /api { include uwsgi_params; uwsgi_pass 127.0.0.1:3031;"
    host.site(
        SITE.replace("    location / {\n", f"{other}    {at}\n").replace(
            "        include uwsgi_params;\n        uwsgi_pass unix:{project}/shop.sock;\n", ""
        )
    )
    settings = host.settings()
    assert settings["serve.prefix"] == "/api"
    assert host.gaps() == [
        "shop:4 location /",
        "shop:5 add_header X-Robots-Tag",
        "shop.ini:6 cron",
    ]
    assert "hush" not in repr(host.found())


def test_a_www_name_that_leads_to_the_site_is_a_setting(host: Host) -> None:
    host.write("shop/shop.ini", UWSGI)
    www = "server { listen 80; server_name www.shop.example; return 301 http://shop.example$request_uri; }\n"
    host.site(www + SITE.replace(" www.shop.example", ""))
    assert host.settings()["serve.www"] == "redirect"


def test_an_upstream_and_a_port_of_its_own_are_understood(host: Host) -> None:
    host.write("shop/gunicorn.conf.py", "bind = '0.0.0.0:8001'\n")
    host.write("shop/Procfile", "web: gunicorn wsgi:app\n")
    host.write(
        "shop/deploy/shop.service",
        "[Service]\nWorkingDirectory={project}\nEnvironmentFile=/etc/shop.env\nExecStart=/usr/bin/gunicorn -k gevent wsgi:app\n",
    )
    host.site(
        "upstream app { server 127.0.0.1:8001 fail_timeout=0; }\n"
        + PROXY.replace("unix:{project}/shop.sock", "app").replace("listen 80", "listen 8080")
    )
    settings = host.settings()
    assert settings["serve.listen"] == '["0.0.0.0:8080"]'
    assert settings["serve.greenlets"] == "1000"
    assert host.gaps() == ["shop.service:3 EnvironmentFile /etc/shop.env"]


@pytest.mark.parametrize(
    ("site", "said"),
    [
        (SITE + "server { listen 80; server_name blog.example; root /srv/blog; }\n", r"shop:9: this file holds another site too \(blog.example\)"),
        (SITE.replace("server_name", "location / {\n server_name"), r"shop:\d+: "),
        (SITE.replace("}\n}", "}"), r"shop:\d+: "),
        (SITE.replace("include uwsgi_params", "include missing_params"), r"shop:5: .*missing_params"),
        (SITE.replace("shop.sock", "other.sock"), "nginx passes no request to the app server of .*: .*shop.ini at .*shop.sock"),
        ("upstream app { server unix:{project}/shop.sock; server 10.0.0.7:3031; }\n" + SITE.replace("unix:{project}/shop.sock", "app"), r"shop:1: the site has more than one app server, also 10.0.0.7:3031"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_or_parted_is_refused_with_its_place(host: Host, site: str, said: str) -> None:
    host.write("shop/shop.ini", UWSGI)
    host.site(site)
    assert re.search(said, refusal(host)), refusal(host)


def test_a_site_in_nginxs_main_file_or_included_by_name_is_refused(host: Host) -> None:
    host.write("shop/shop.ini", UWSGI)
    host.site(NGINX.replace("}\n", SITE + "}\n").replace("events {" + SITE, "events {"), "nginx.conf")
    assert "nginx's main file" in refusal(host)
    host.site(NGINX.replace("sites-enabled/*", "sites-enabled/shop"), "nginx.conf")
    host.site(SITE)
    assert "includes" in refusal(host) and "by its name" in refusal(host)


def test_an_ini_that_includes_a_missing_one_is_refused_with_its_place(host: Host) -> None:
    host.write(
        "shop/deploy/shop.service", "[Service]\nWorkingDirectory={project}\nExecStart=uwsgi --ini gone.ini\n"
    )
    host.site(SITE)
    assert "gone.ini" in refusal(host)


def test_a_project_without_a_server_says_so(host: Host) -> None:
    host.site(SITE)
    assert "there is no uWSGI or gunicorn" in refusal(host)


def test_a_site_for_every_name_names_none(host: Host) -> None:
    host.write("shop/shop.ini", UWSGI)
    host.site(SITE.replace("shop.example www.shop.example", "_"))
    found = host.found()
    assert (found.site.names, found.site.is_default) == ((), True)
