"""An nginx that is set up by hand, as tutorials do, with its access log on."""

from __future__ import annotations

from enuf.bench.subjects.base import Need, SubjectPlace

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
_UWSGI_NAMES = {
    "QUERY_STRING": "$query_string",
    "REQUEST_METHOD": "$request_method",
    "CONTENT_TYPE": "$content_type",
    "CONTENT_LENGTH": "$content_length",
    "REQUEST_URI": "$request_uri",
    "PATH_INFO": "$document_uri",
    "DOCUMENT_ROOT": "$document_root",
    "SERVER_PROTOCOL": "$server_protocol",
    "REQUEST_SCHEME": "$scheme",
    "REMOTE_ADDR": "$remote_addr",
    "REMOTE_PORT": "$remote_port",
    "SERVER_PORT": "$server_port",
    "SERVER_NAME": "$server_name",
}
PASSED_BY_UWSGI = "\n".join(
    [
        *(f"            uwsgi_param {name} {value};" for name, value in _UWSGI_NAMES.items()),
        "            uwsgi_pass unix:{folder}/app.sock;",
    ]
)
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
