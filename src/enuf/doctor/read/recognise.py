"""The kind of a file, derived from its text. The name helps only where the text leaves a choice."""

from __future__ import annotations

import re

import msgspec

from enuf.doctor.evidence import SourceFile
from enuf.doctor.read.kubernetes import is_manifest
from enuf.doctor.read.stanzas import stanzas

_INI_UWSGI = re.compile(r"^\ufeff?[ \t]*\[uwsgi\]", re.MULTILINE | re.IGNORECASE)
_INI_OWN_KEYS = re.compile(
    r"^[ \t]*(http-socket|uwsgi-socket|module|wsgi-file|wsgi|callable|master|vacuum|die-on-term|harakiri|buffer-size|"
    r"chmod-socket|chown-socket|emperor|need-app|lazy-apps|enable-threads|single-interpreter|py-autoreload)[ \t]*=",
    re.MULTILINE,
)
"""Keys of uWSGI. Two of them in one ini file occur in no other program's configuration."""
_UNIT = re.compile(r"^\[(Service|Socket)\][ \t]*\r?$", re.MULTILINE)
_SUPERVISOR = re.compile(r"^\[(program|supervisord|group|eventlistener)(:[^\]]*)?\]", re.MULTILINE)
_NGINX = re.compile(
    r"^[ \t]*(server|http|upstream[ \t]+\S+|location[ \t][^{}\n]+|events)[ \t]{0,20}\r?\n?[ \t]{0,20}\{|"
    r"^[ \t]*(uwsgi_param|uwsgi_pass|proxy_pass|listen|server_name)[ \t]",
    re.MULTILINE,
)
_NGINX_END = re.compile(r"[;{}][ \t]*(#.*)?\r?$", re.MULTILINE)
_JSON_UWSGI = re.compile(r'"uwsgi"\s*+:')
_YAML_UWSGI = re.compile(r"^\ufeff?uwsgi:[ \t]*\r?$", re.MULTILINE)
_COMPOSE = re.compile(r"^services:[ \t]*\r?$", re.MULTILINE)
_DOCKERFILE = re.compile(r"^FROM[ \t]+\S+", re.MULTILINE | re.IGNORECASE)
_PROCFILE = re.compile(r"^[A-Za-z0-9_-]{1,100}:.*\b(uwsgi|gunicorn|python|flask)\b", re.MULTILINE)
_ROTATES = re.compile(r"\b(rotate|daily|weekly|monthly|size|copytruncate)\b")
_TMPFILES = re.compile(r"^[dDfFLvqQzZ][!+=~^-]*[ \t]+/\S+[ \t]+(\d{3,4}|-)", re.MULTILINE)
_SHELL = re.compile(r"\A#!.*\b(sh|bash|dash|ash|zsh)\b")
_PYTHON_SHEBANG = re.compile(r"\A#!.*\bpython")


def source_file(path: str, text: str, **rest: object) -> SourceFile:
    """Return the file with its kind recognised."""
    file = SourceFile(path=path, kind=kind_of_file(path, text), text=text)
    return msgspec.structs.replace(file, **rest)


def kind_of_file(path: str, text: str) -> str:
    """Return the kind of a file, `other` for every file that no rule reads."""
    name = path.rpartition("/")[2]
    by_name = _by_name(name, text)
    if by_name:
        return by_name
    if is_manifest(name, text):
        return "kubernetes"
    if _UNIT.search(text):
        return "unit"
    if (
        _INI_UWSGI.search(text)
        and ("=" in text or name.endswith(".ini"))
        and not text.lstrip("\ufeff \n\r\t").startswith(("<", "{"))
    ):
        return "uwsgi-ini"
    if _SUPERVISOR.search(text):
        return "supervisor"
    if _looks_like_logrotate(text) and not _looks_like_nginx(text):
        return "logrotate"
    if _looks_like_nginx(text):
        return "nginx"
    return _by_content(name, text)


def _by_name(name: str, text: str) -> str:
    lower = name.lower()
    if lower.endswith((".py", ".wsgi")) or _PYTHON_SHEBANG.match(text):
        return "python"
    if lower == "procfile" or lower.startswith("procfile."):
        return "procfile"
    if lower.startswith(("dockerfile", "containerfile")) or lower.endswith((".dockerfile", ".containerfile")):
        return "dockerfile"
    if lower == "pyproject.toml" or lower in ("pipfile", "setup.cfg"):
        return "packages"
    if lower.startswith("requirements") and lower.endswith((".txt", ".in")):
        return "packages"
    if lower == ".env" or lower.startswith(".env."):
        return "env"
    if lower.endswith((".sh", ".bash")) or _SHELL.match(text):
        return "script"
    prose = (
        ".md",
        ".rst",
        ".html",
        ".css",
        ".js",
        ".ts",
        ".lock",
        ".svg",
        ".sql",
        ".csv",
        ".tex",
        ".log",
        ".toml",
    )
    return "other" if lower.endswith(prose) else ""


def _by_content(name: str, text: str) -> str:
    lower = name.lower()
    head = text.lstrip("\ufeff \n\r\t")
    if head.startswith("<") and "<uwsgi" in text:
        return "uwsgi-xml"
    if head.startswith("{") and _JSON_UWSGI.search(text):
        return "uwsgi-json"
    if _YAML_UWSGI.search(text):
        return "uwsgi-yaml"
    if _COMPOSE.search(text) and lower.endswith((".yml", ".yaml")):
        return "compose"
    if _DOCKERFILE.search(text):
        return "dockerfile"
    if lower.endswith((".ini", ".conf", ".cfg")) and len(set(_INI_OWN_KEYS.findall(text))) >= 2:
        return "uwsgi-ini"
    if _TMPFILES.search(text) and lower.endswith(".conf"):
        return "tmpfiles"
    if "." not in name and _PROCFILE.search(text):
        return "procfile"
    return "other"


def _looks_like_logrotate(text: str) -> bool:
    """Return True if a block of logrotate's words follows a line of file names."""
    for stanza in stanzas(text):
        names = stanza.head.rstrip(" \t").removesuffix("\n").rpartition("\n")[2]
        if names.strip() and not any(char in names for char in "#=;") and _ROTATES.search(stanza.body):
            return True
    return False


def _looks_like_nginx(text: str) -> bool:
    """Return True if lines begin with nginx's own words and end as nginx's lines do."""
    if not _NGINX.search(text):
        return False
    ends = len(_NGINX_END.findall(text))
    lines = sum(1 for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#"))
    return ends * 2 >= lines
