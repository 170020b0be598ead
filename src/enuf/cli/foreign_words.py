"""Words of other programs that people type, each with the word of enuf that does what they want."""

from __future__ import annotations

_APP = "the app is the argument: enuf up app.py"
_CALLABLE = "the app is the argument: enuf up module:callable"
_PAIR = "--set tls.certificate=FILE --set tls.key=FILE; for this machine: --tls local"
_SERVER = "--topology: gunicorn, nginx-gunicorn, uwsgi-http, ..."
_USER = "--set serve.user=NAME"
_SAID = "enuf logs -f shows what happens; --debug shows enuf's own traceback when it fails"
_USUAL = "that is the default"

FLAGS = {
    "-A": _APP,
    "--access-logfile": "every request is in .enuf/log/access.log: enuf logs",
    "--app": _APP,
    "--callable": _CALLABLE,
    "--cert": _PAIR,
    "--certfile": _PAIR,
    "--chdir": "--project DIR",
    "--config": "settings are in enuf.toml, or one by one: --set KEY=VALUE",
    "--debugger": "--dev shows errors in the browser",
    "--domain": "--server-name",
    "--env-file": "--set env_file=FILE",
    "--error-logfile": "what the app prints is in .enuf/log/server.log: enuf logs",
    "--graceful-timeout": "--timeout: draining and stopping follow from it",
    "--http": "--listen",
    "--http-socket": "--listen",
    "--https": "--tls local",
    "--ini": "`enuf init` reads uwsgi.ini and writes enuf.toml",
    "-k": _SERVER,
    "--key": _PAIR,
    "--keyfile": _PAIR,
    "--log-level": "the app's own logging decides; nginx's and uWSGI's lines: enuf logs",
    "--logto": "logs are in .enuf/log: enuf logs",
    "--master": "there is always one",
    "--max-requests": "--set workers.max_requests=N",
    "--module": _CALLABLE,
    "--no-reload": _USUAL,
    "--preload": "--set workers.lazy=false",
    "--root-path": "--set serve.prefix=/path",
    "--socket": "--listen unix:/path",
    "--ssl": "--tls local",
    "--stats": "enuf top, enuf dash",
    "-v": _SAID,
    "--uid": _USER,
    "--user": _USER,
    "--verbose": _SAID,
    "--with-threads": _USUAL,
    "--worker-class": _SERVER,
    "--wsgi-file": "the app is the argument: enuf up path/to/file.py",
}
"""Flags of Flask, gunicorn, uvicorn and uWSGI."""

VERBS = {
    "check": "enuf doctor",
    "deploy": "enuf install",
    "dev": "enuf up --dev",
    "https": "enuf cert",
    "kill": "enuf down --now",
    "prune": "enuf clean",
    "lint": "enuf doctor",
    "log": "enuf logs",
    "monitor": "enuf top",
    "routes": "flask routes",
    "shell": "flask shell",
    "ssl": "enuf cert",
    "tail": "enuf logs --follow",
    "test": "enuf plan",
}
"""Verbs of other programs."""
