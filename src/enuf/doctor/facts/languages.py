"""Signs of apps in other languages than Python, which words about Flask or WSGI do not fit."""

from __future__ import annotations

import re

from enuf.doctor.evidence import Evidence, Pass
from enuf.model.address import TcpAddress

_PROJECT_FILES = frozenset(
    ("package.json", "go.mod", "pom.xml", "build.gradle", "build.gradle.kts", "composer.json", "gemfile", "cargo.toml", "mix.exs")
)  # fmt: skip
_SOURCES = (".go", ".java", ".kt", ".php", ".rb", ".rs", ".cs", ".csproj", ".ex", ".scala", ".mjs", ".cjs")
_IMAGES = re.compile(
    r"^\s*(?:-\s+)?(?:FROM|image:)\s+[\"']?(?:[\w.-]+/)*(?:node|golang|php|openjdk|eclipse-temurin|tomcat|ruby|rust|dotnet|maven|gradle|bun|deno)\b",
    re.MULTILINE | re.IGNORECASE,
)
_NAMES = re.compile(
    r"(?:^|[-_.])(?:php|php-fpm|node|nodejs|express|next|nextjs|java|tomcat|jetty|spring|golang|go|rails|ruby|puma|dotnet|"
    r"jenkins|grafana|kibana|elasticsearch|prometheus|minio|rabbitmq|phpmyadmin|adminer|mailhog|portainer)(?:$|[-_.\d])",
    re.IGNORECASE,
)
_PYTHON_PACKAGES = frozenset(
    ("flask", "django", "fastapi", "starlette", "gunicorn", "uwsgi", "pyuwsgi", "uvicorn", "werkzeug")
)


def is_python_project(evidence: Evidence) -> bool:
    """Return True where the files hold a Python app, or a server that serves one."""
    return bool(evidence.python_files or evidence.servers or evidence.packages & _PYTHON_PACKAGES)


def is_of_another_language(evidence: Evidence, site_pass: Pass) -> bool:
    """Return True for a pass to an app that is written in another language, or to another program."""
    address = site_pass.address
    names = (site_pass.match.directive.arg(), address.host if isinstance(address, TcpAddress) else "")
    hosts = (text.partition("://")[2].partition("/")[0].partition(":")[0] or text for text in names)
    if any(_NAMES.search(host) for host in hosts):
        return True
    return not is_python_project(evidence) and (has_other_sources(evidence) or _serves_php(site_pass))


def has_other_sources(evidence: Evidence) -> bool:
    """Return True where the files hold an app of another language, or a container of its runtime."""
    for file in evidence.files:
        name = file.path.rpartition("/")[2].lower()
        if name in _PROJECT_FILES or name.endswith(_SOURCES):
            return True
        if file.kind in ("dockerfile", "compose") and _IMAGES.search(file.text):
            return True
    return False


def _serves_php(site_pass: Pass) -> bool:
    server = site_pass.match.around("server")
    locations = server.inside("location") if server else ()
    return any("php" in word for location in locations for word in location.args)
