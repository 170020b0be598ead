"""The plain files: the plan's values are in them, in the words of nginx and uWSGI."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from enuf.errors import SettingsInvalid
from enuf.model.app import AppRef, StaticFolder
from enuf.plan.build import build
from enuf.render.plain import plain_files
from enuf.servers.shim import DEV_PART, NAME, PARTS
from tests.support.parts import PROJECT, paths, plan_request, report, settings


def rendered(values: dict[str, object] | None = None, **differences: object) -> dict[str, str]:
    """The plain files of a plan, by name."""
    plan = build(plan_request(values, **differences))
    return {file.name: file.text for file in plain_files(plan, settings(values), "shop")}


def options(text: str) -> list[str]:
    """The lines of a file that are no comments."""
    return [line.strip() for line in text.splitlines() if line.strip() and not line.strip().startswith("#")]


def test_the_numbers_are_those_of_the_settings() -> None:
    texts = rendered(
        {"serve.processes": 3, "serve.threads": 5, "serve.timeout": "2m", "serve.max_body": "3m"}
    )
    ini, site = options(texts["nginx-wsgi.ini"]), options(texts["shop.server"])
    assert {"processes = 3", "threads = 5", "harakiri = 120"} <= set(ini)
    assert {"client_max_body_size 3145728;", "uwsgi_read_timeout 125s;"} <= set(site)
    assert "3 processes x 5 threads = 15 requests at once" in texts["wsgi.ini"]


def test_nginx_asks_where_uwsgi_listens() -> None:
    texts = rendered()
    assert f"uwsgi_pass unix:{paths().app_socket};" in options(texts["shop.server"])
    assert f"socket = {paths().app_socket}" in options(texts["nginx-wsgi.ini"])


def test_static_folders_are_aliases_with_both_slashes() -> None:
    folder = StaticFolder(url="/static/", directory=f"{PROJECT}/static", owner="app")
    site = rendered(report=report(static_folders=(folder,)))["shop.server"]
    assert "location ^~ /static/ {" in options(site)
    assert f"alias {PROJECT}/static/;" in options(site)


def test_the_name_and_the_hosts_are_the_projects() -> None:
    site = options(rendered({"serve.hosts": ["shop.example"]})["shop.server"])
    assert "server_name shop.example;" in site
    assert "listen 127.0.0.1:8000;" in site


def test_a_factory_without_arguments_is_called() -> None:
    app = AppRef(directory=PROJECT, module="shop", attribute="create_app", call="", file=f"{PROJECT}/shop.py")
    ini = options(rendered(report=report(app=app))["nginx-wsgi.ini"])
    assert {"module = shop", "callable = create_app()"} <= set(ini)


def test_an_app_below_the_project_is_found_by_its_folder() -> None:
    app = AppRef(directory=f"{PROJECT}/src", module="app", attribute="app", file=f"{PROJECT}/src/app.py")
    assert "pythonpath = %(project)/src" in options(rendered(report=report(app=app))["wsgi.ini"])


def test_a_percent_sign_in_a_path_is_no_magic() -> None:
    where = "/srv/100%"
    app = AppRef(directory=where, module="app", attribute="app", file=f"{where}/app.py")
    ini = options(rendered(report=report(app=app), paths=paths(where))["wsgi.ini"])
    assert "set-placeholder = project=/srv/100%%" in ini
    assert "chdir = %(project)" in ini


def test_variables_from_a_file_are_mentioned() -> None:
    ini = rendered(env_files=(f"{PROJECT}/.env",))["nginx-wsgi.ini"]
    assert f"the variables of {PROJECT}/.env; by hand you export them first" in ini


@pytest.mark.parametrize(
    ("values", "differences", "said"),
    [
        ({"serve.prefix": "/sub"}, {}, "serve.prefix"),
        ({"cache.paths": {"/": "10s"}}, {}, "cache.paths"),
        ({"serve.proxy_protocol": True, "serve.trusted_proxies": ["unix:"]}, {}, "serve.proxy_protocol"),
        ({"serve.trusted_proxies": ["10.0.0.0/8"]}, {}, "serve.trusted_proxies"),
        ({"tls.hsts": "5m"}, {}, "tls.hsts"),
        ({"tls.http": "127.0.0.1:8080"}, {}, "tls.http"),
        ({"limits.requests": "10/s"}, {}, "limits.requests"),
        ({"access.passwords": {"/": ".htpasswd"}}, {}, "access.passwords"),
        ({"access.deny": {"/": ["10.0.0.1"]}}, {}, "access.deny"),
        (
            {},
            {"report": report(app=replace(report().app, attribute="create_app", call='"prod"'))},
            'app = create_app("prod")',
        ),
        ({"topology": "flask"}, {}, "has no configuration files"),
    ],
)
def test_what_the_short_form_cannot_say_is_refused(
    values: dict[str, object], differences: dict[str, object], said: str
) -> None:
    with pytest.raises(SettingsInvalid) as refused:
        rendered(values, **differences)
    assert said in f"{refused.value.summary} {refused.value.hint}"


GUNICORN = [f"conf/{name}" for name in ("gunicorn.conf.py", NAME, *PARTS) if name != DEV_PART]


@pytest.mark.parametrize(
    ("topology", "names", "link"),
    [
        ("uwsgi-http", ["wsgi.ini"], "http-socket = 127.0.0.1:8000"),
        ("nginx-uwsgi-tcp", ["wsgi.ini", "nginx-wsgi.ini"], "socket = 127.0.0.1:4000"),
        ("nginx-uwsgi-tcp", ["wsgi.ini", "nginx-wsgi.ini"], "uwsgi_pass 127.0.0.1:4000;"),
        ("nginx-flask", [], "proxy_pass http://127.0.0.1:4000;"),
        ("gunicorn", GUNICORN, "wsgi_app = 'enuf_wsgi:application'"),
        ("nginx-gunicorn", GUNICORN, f"proxy_pass http://unix:{paths().app_socket};"),
        ("nginx-gunicorn-uwsgi", GUNICORN, f"uwsgi_pass unix:{paths().app_socket};"),
    ],
)
def test_every_row_has_the_files_of_its_two_sides(topology: str, names: list[str], link: str) -> None:
    texts = rendered({"topology": topology, "serve.link": "127.0.0.1:4000"})
    site = ["shop.server", "nginx.conf", "uwsgi_params"] if topology.startswith("nginx-") else []
    assert list(texts) == names + site
    assert link in [line for text in texts.values() for line in options(text)]


@pytest.mark.parametrize("topology", ["nginx-flask", "nginx-gunicorn"])
def test_a_site_over_http_passes_websockets_on(topology: str) -> None:
    site = rendered({"topology": topology, "serve.link": "127.0.0.1:4000"})["shop.server"]
    for line in ("proxy_http_version 1.1;", "Upgrade $http_upgrade;", "Connection $http_connection;"):
        assert line in site


def test_a_server_without_an_ini_is_started_by_the_command_in_the_site() -> None:
    site = rendered({"topology": "nginx-gunicorn"})["shop.server"]
    assert f"--config {paths().conf}/gunicorn.conf.py" in site


@pytest.mark.parametrize("topology", ["nginx-flask", "nginx-gunicorn", "nginx-gunicorn-uwsgi"])
def test_a_site_speaks_of_uwsgi_and_its_limits_only_where_uwsgi_runs(topology: str) -> None:
    assert "harakiri" in rendered()["shop.server"]
    assert "harakiri" not in rendered({"topology": topology, "serve.link": "127.0.0.1:4000"})["shop.server"]


@pytest.mark.parametrize(
    ("topology", "lines"),
    [
        ("nginx-flask", ["proxy_set_header X-Real-IP $remote_addr;", 'proxy_set_header Proxy "";']),
        ("nginx-gunicorn", ["proxy_set_header X-Real-IP $remote_addr;", 'proxy_set_header Proxy "";']),
        (
            "nginx-gunicorn-uwsgi",
            [
                "uwsgi_param HTTP_X_REAL_IP $remote_addr if_not_empty;",
                'uwsgi_param HTTP_PROXY "" if_not_empty;',
            ],
        ),
    ],
)
def test_the_visitors_address_is_not_what_a_visitor_says(topology: str, lines: list[str]) -> None:
    site = options(rendered({"topology": topology, "serve.link": "127.0.0.1:4000"})["shop.server"])
    assert set(lines) <= set(site)


def test_every_address_is_listened_at() -> None:
    addresses = ["[::]:8000", "unix:/run/shop/front.sock"]
    site = options(rendered({"serve.listen": addresses})["shop.server"])
    assert {"listen [::]:8000 ipv6only=off;", "listen unix:/run/shop/front.sock;"} <= set(site)
    assert "uwsgi_param HTTP_HOST $http_host;" in site
    both = options(rendered({"serve.listen": ["0.0.0.0:8000", "[::]:8000"]})["shop.server"])
    assert {"listen 0.0.0.0:8000;", "listen [::]:8000;"} <= set(both)


@pytest.mark.parametrize("name", ["wsgi.ini", "nginx-wsgi.ini"])
def test_an_app_that_must_not_be_forked_is_loaded_by_each_worker(name: str) -> None:
    connected = report(leftovers=("an open connection to 127.0.0.1:5432",))
    ini = rendered(report=connected)[name]
    assert "lazy-apps = true" in options(ini)
    assert "after its import the app has an open connection to 127.0.0.1:5432." in ini
    assert "lazy-apps = true" not in options(rendered()[name])


def test_the_other_form_of_a_name_leads_to_the_site() -> None:
    site = rendered({"serve.hosts": ["shop.example"], "serve.www": "redirect"})["shop.server"]
    assert "server_name www.shop.example;" in site
    assert "return 308 $scheme://shop.example:$server_port$request_uri;" in site
    assert "www." not in rendered({"serve.hosts": ["shop.example"]})["shop.server"]
