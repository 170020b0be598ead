"""Words of other programs that people type, each with the word of enuf that does what they want."""

from __future__ import annotations

FLAGS = {
    "--access-logfile": "every request is in .enuf/log/access.log: enuf logs",
    "--app": "the app is the argument: enuf up app.py",
    "--callable": "the app is the argument: enuf up module:callable",
    "--chdir": "--project DIR",
    "--config": "settings are in enuf.toml, or one by one: --set KEY=VALUE",
    "--env-file": "--set env_file=FILE",
    "--error-logfile": "what the app prints is in .enuf/log/server.log: enuf logs",
    "--graceful-timeout": "--timeout: draining and stopping follow from it",
    "--http": "--listen",
    "--http-socket": "--listen",
    "--ini": "`enuf init` reads uwsgi.ini and writes enuf.toml",
    "--log-level": "the app's own logging decides; nginx's and uWSGI's lines: enuf logs",
    "--logto": "logs are in .enuf/log: enuf logs",
    "--master": "there is always one",
    "--max-requests": "--set workers.max_requests=N",
    "--module": "the app is the argument: enuf up module:callable",
    "--preload": "--set workers.lazy=false",
    "--root-path": "--set serve.prefix=/path",
    "--socket": "--listen unix:/path",
    "--stats": "enuf top, enuf dash",
    "--uid": "--set serve.user=NAME",
    "--user": "--set serve.user=NAME",
    "--worker-class": "--topology: gunicorn, nginx-gunicorn, uwsgi-http, ...",
    "--wsgi-file": "the app is the argument: enuf up path/to/file.py",
}
"""Flags of Flask, gunicorn, uvicorn and uWSGI."""

VERBS = {
    "check": "enuf doctor",
    "deploy": "enuf install",
    "dev": "enuf up --dev",
    "kill": "enuf down --now",
    "log": "enuf logs",
    "monitor": "enuf top",
    "shell": "flask shell",
    "test": "enuf plan",
    "tail": "enuf logs --follow",
}
"""Verbs of other programs."""
