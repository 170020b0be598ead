"""An nginx that is set up by hand, as tutorials do, with its access log on."""

from __future__ import annotations

from textwrap import indent

from enuf.bench.subjects.base import Need, SubjectPlace
from enuf.syntax.nginx_stock import STOCK

NGINX = Need(program="nginx", install="apt-get install nginx")
_CONFIGURATION = """{user}worker_processes auto;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 4096; }}
worker_rlimit_nofile 16384;
http {{
    include mime.types;
    default_type application/octet-stream;
    sendfile on;
    access_log {folder}/access.log;
    client_max_body_size 16m;
    large_client_header_buffers 4 32k;
    client_body_temp_path {folder}/client_body;
    proxy_temp_path {folder}/proxy;
    uwsgi_temp_path {folder}/uwsgi;
    fastcgi_temp_path {folder}/fastcgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        server_name _;
{static}        location / {{
{passing}
        }}
    }}
}}
"""
_STATIC = """        location {url} {{
            alias {directory}/;
        }}
"""
PASSED_BY_UWSGI = indent(f"{STOCK['uwsgi_params']}\nuwsgi_pass unix:{{folder}}/app.sock;", 12 * " ")
PASSED_BY_HTTP = """            proxy_pass http://unix:{folder}/app.sock;
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
            proxy_set_header X-Forwarded-Proto $scheme;"""
_TYPES = "types { text/html html; text/css css; text/javascript js; image/png png; image/svg+xml svg; }\n"


def nginx_files(place: SubjectPlace, passing: str) -> dict[str, str]:
    """Return the files of an nginx that passes requests on by these lines."""
    static = "".join(_STATIC.format(url=url, directory=directory) for url, directory in place.app.static)
    text = _CONFIGURATION.format(
        user="user root;\n" if place.is_root else "",
        folder=place.folder,
        port=place.port,
        static=static,
        passing=passing.format(folder=place.folder),
    )
    return {"nginx.conf": text, "mime.types": _TYPES}


def nginx_command(place: SubjectPlace) -> tuple[str, ...]:
    """Return the command of that nginx."""
    folder = place.folder
    return (place.nginx, "-p", folder, "-e", f"{folder}/error.log", "-c", f"{folder}/nginx.conf")
