"""What the notes write, word for word but for the folder; the tests beside this file show what comes of it."""

from __future__ import annotations

SERVICE = {
    "module": "wsgi",
    "callable": "app",
    "venv": "{project}/.venv/bin/python",
    "plugins-dir": "./",
    "plugins": "python3_plugin.so",
    "processes": "1",
    "socket": "/tmp/toy_flask.sock",
    "chmod-socket": "666",
    "vacuum": "true",
    "die-on-term": "true # kill the process on TERM",
    "pidfile": "./uwsgi.pid",
    "daemonize": "./uwsgi.log",
}
"""nginx-wsgi.ini."""

ALONE = "--http-socket 0.0.0.0:3031 --wsgi-file toy_flask_app.py --callable app --processes 4 --threads 2"

SITE = """server {{
    listen 8000;
    server_name localhost;
    {more}
    location / {{ try_files $uri @app; }}
    location @app {{
        {params}
        uwsgi_pass unix:{project}/toy.sock;
    }}
}}
"""


def ini(options: dict[str, str]) -> str:
    """An ini with these options."""
    return "\n".join(["[uwsgi]", *(f"{key} = {value}" for key, value in options.items())]) + "\n"


def site(project: object, *, params: str = "include uwsgi_params;", more: str = "") -> str:
    """The notes' site, with another line in the place of the include, or one more."""
    return SITE.format(project=project, params=params, more=more)
