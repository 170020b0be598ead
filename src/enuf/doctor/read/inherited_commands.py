"""The commands that images inherit from well-known base images, which no file of the project names.

Facts: docker-images/start.sh and gunicorn_conf.py of the base images' own repositories.
"""

from __future__ import annotations

import re
from collections.abc import Container, Mapping

from enuf.doctor.container import ImageBuild

_BASE = re.compile(r"(?:docker\.io/)?tiangolo/([\w-]+)(?::[^\s$]*)?(?:@\S*)?")
_WORKERS = {
    "meinheld-gunicorn": "egg:meinheld#gunicorn_worker",
    "meinheld-gunicorn-flask": "egg:meinheld#gunicorn_worker",
    "uvicorn-gunicorn": "uvicorn.workers.UvicornWorker",
    "uvicorn-gunicorn-fastapi": "uvicorn.workers.UvicornWorker",
    "uvicorn-gunicorn-starlette": "uvicorn.workers.UvicornWorker",
}
_FOLDER = "/app"
_OWN_FILES = (f"{_FOLDER}/gunicorn_conf.py", f"{_FOLDER}/app/gunicorn_conf.py", "/gunicorn_conf.py")
_OF_BASE = "/the-base-image.py"
"""In place of a path, for the configuration file of the base image: its settings are not known."""


def inherited_command(image: ImageBuild, environ: Mapping[str, str], files: Container[str]) -> list[str]:
    """Return the words of gunicorn that an image without a command has from its base image, none for any other image.

    `files` are the paths of the project's files.
    """
    base = _BASE.fullmatch(image.base)
    worker = _WORKERS.get(base[1]) if base else None
    if worker is None or image.command[1] or image.entrypoint[1]:
        return []
    app = _app(image, environ, files)
    if not app:
        return []
    own = environ.get("GUNICORN_CONF") or next(
        (path for path in _OWN_FILES if image.places.source(path) in files), ""
    )
    address = environ.get("BIND") or f"{environ.get('HOST', '0.0.0.0')}:{environ.get('PORT', '80')}"  # noqa: S104
    binds = [] if own else ["--bind", address]
    return ["gunicorn", "-k", environ.get("WORKER_CLASS", worker), "-c", own or _OF_BASE, *binds, app]


def inherited_folder(image: ImageBuild) -> str:
    """Return the working folder of an image whose base image sets one."""
    base = _BASE.fullmatch(image.base)
    return _FOLDER if base and image.directory == "/" else image.directory


def _app(image: ImageBuild, environ: Mapping[str, str], files: Container[str]) -> str:
    """Return the app that the base image serves, empty if its file is not among the files."""
    called = environ.get("VARIABLE_NAME", "app")
    if module := environ.get("MODULE_NAME"):
        return environ.get("APP_MODULE", f"{module}:{called}")
    places = {f"{_FOLDER}/app/main.py": "app.main", f"{_FOLDER}/main.py": "main"}
    found = next((module for path, module in places.items() if image.places.source(path) in files), "")
    return environ.get("APP_MODULE") or (f"{found}:{called}" if found else "")
