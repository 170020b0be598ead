"""What a file's name promises, so that configurations are read first and sources of other languages never."""

from __future__ import annotations

import re
from typing import Literal

from enuf.doctor.read.recognise import SOURCES, is_prose

Promise = Literal["configuration", "python", "unknown", "nothing"]

_CONFIGURATION = re.compile(
    r".*\.(ini|conf|service|socket|timer|ya?ml|cfg|sh|bash|vhost|site|nginx|target|mount)|"
    r".*\.(j2|jinja2?|tmpl|tpl|template|erb|in|dist|example|sample)|"
    r"(docker|container)file.*|.*\.(docker|container)file|procfile.*|(docker-)?compose.*|requirements.*\.(txt|in)|"
    r"pipfile|pyproject\.toml|setup\.cfg|makefile|\.env.*|.*uwsgi.*|.*nginx.*|.*gunicorn.*|.*supervisor.*|"
    r"(entrypoint|docker-entrypoint|start|run|boot|launch|serve|deploy)[\w-]*"
)
_FOLDERS = re.compile(
    r"/(sites-(enabled|available)|conf\.d|nginx|uwsgi|apps-(enabled|available)|vassals|systemd|supervisor|"
    r"logrotate\.d|tmpfiles\.d|init\.d|cont-init\.d|services\.d|snippets|vhosts)(/|$)"
)
_PYTHON = (".py", ".wsgi")
_MARKUP = (".json", ".xml", ".txt")
_NOT_CONFIGURATIONS = (".html", ".htm", ".js", ".ts", ".css")


def promise_of(path: str) -> Promise:
    """Return what the name of a file promises.

    `nothing` is what no rule reads: documents, stylesheets, sources of other languages.
    """
    name = path.rpartition("/")[2].lower()
    if name.endswith(_PYTHON):
        return "configuration" if "gunicorn" in name or "uwsgi" in name else "python"
    if is_prose(name) or name.endswith(SOURCES) or name.endswith(_NOT_CONFIGURATIONS):
        return "nothing"
    folder = path.rpartition("/")[0]
    if _CONFIGURATION.fullmatch(name) or (_FOLDERS.search(folder) and not name.endswith(_MARKUP)):
        return "configuration"
    return "unknown"
