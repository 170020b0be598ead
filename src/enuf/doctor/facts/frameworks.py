"""The web frameworks that an app is written with, as far as sources, packages and settings show."""

from __future__ import annotations

import re

from enuf.doctor.evidence import Evidence, PythonFile, Server
from enuf.doctor.facts.loaded_files import loaded_files
from enuf.syntax.nginx_tree import DirectiveMatch

_IMPORTS = re.compile(
    r"^[ \t]*(?:from|import)[ \t]+(flask|werkzeug|django|fastapi|starlette|pyramid|bottle|falcon|tornado|cherrypy|"
    r"aiohttp|sanic|litestar|quart)\b",
    re.MULTILINE,
)
_PACKAGES = {
    **dict.fromkeys(("flask", "werkzeug"), "flask"),
    **{
        name: name
        for name in ("django", "fastapi", "starlette", "pyramid", "bottle", "falcon", "tornado", "sanic")
    },
}
_DJANGO = re.compile(r"DJANGO_SETTINGS_MODULE|django\.core\.|manage\.py (migrate|collectstatic|runserver)")
_KINDS = (
    "uwsgi-ini",
    "uwsgi-yaml",
    "uwsgi-xml",
    "uwsgi-json",
    "dockerfile",
    "compose",
    "script",
    "unit",
    "env",
)


def frameworks_of(evidence: Evidence, server: Server) -> frozenset[str]:
    """Return the frameworks that a server's own sources import, else those of the whole project."""
    known = evidence.index.frameworks_of
    if id(server) not in known:
        known[id(server)] = _imported(loaded_files(evidence, server))
    return known[id(server)] or _of_project(evidence)


def frameworks_behind(evidence: Evidence, match: DirectiveMatch) -> frozenset[str]:
    """Return the frameworks of the apps that the pass of a site leads to; empty if the files do not show any."""
    pairs = evidence.pairs_of_directive(match.directive)
    own = frozenset(name for pair in pairs for name in frameworks_of(evidence, pair.server))
    return own or _of_project(evidence)


def is_flask_alone(frameworks: frozenset[str]) -> bool:
    """Return True if the app is certainly one of Flask's."""
    return "flask" in frameworks and "django" not in frameworks


def is_left_to_another_server(evidence: Evidence, match: DirectiveMatch) -> bool:
    """Return True if no uWSGI is behind the pass and gunicorn, which also speaks the uwsgi protocol, may be."""
    return not evidence.pairs_of_directive(match.directive) and "gunicorn" in evidence.packages


def _imported(python_files: tuple[PythonFile, ...]) -> frozenset[str]:
    names = {name for each in python_files for name in _IMPORTS.findall(each.text)}
    return frozenset("flask" if name == "werkzeug" else name for name in names)


def _of_project(evidence: Evidence) -> frozenset[str]:
    known = evidence.index.frameworks
    if known is None:
        found = {_PACKAGES[name] for name in evidence.packages if name in _PACKAGES}
        if not found:
            found |= _imported(evidence.python_files)
        if any(_DJANGO.search(file.text) for file in evidence.of_kind(*_KINDS)):
            found.add("django")
        known = evidence.index.frameworks = frozenset(found)
    return known
