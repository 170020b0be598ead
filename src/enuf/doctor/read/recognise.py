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
_NGINX_STATEMENT = re.compile(
    r"^[ \t]*(listen|server_name|root|alias|include|index|return|try_files|rewrite|expires|set|default_type|"
    r"ssl_\w+|uwsgi_\w+|proxy_\w+|client_\w+|add_header|access_log|error_log|keepalive\w*|worker_\w+|user|gzip|"
    r"server|map|sendfile|fastcgi_\w+|grpc_pass)[ \t][^;{}\n]*;|^[ \t]*location[ \t][^;{}\n]*\{|"
    r"\{[ \t]*(listen|server_name|root|alias|include|return|uwsgi_pass|proxy_pass)[ \t][^;{}\n]*;",
    re.MULTILINE,
)
"""What a file of nginx has and a file of FreeRADIUS or of another program with blocks has not."""
_NGINX_END = re.compile(r"[;{}][ \t]*(#.*)?\r?$", re.MULTILINE)
_FIRST_LINE = re.compile(r"[;{}][ \t]*(#.*)?$|^\w+$")
_JSON_UWSGI = re.compile(r'"uwsgi"\s*+:')
_YAML_UWSGI = re.compile(r"^\ufeff?uwsgi:[ \t]*\r?$", re.MULTILINE)
_COMPOSE = re.compile(r"^\ufeff?services:[ \t]*(?:[{&#].*)?\r?$", re.MULTILINE)
_INDENTED_SERVICES = re.compile(r"^ {1,8}services:[ \t]*\r?$", re.MULTILINE)
_COMPOSE_NAME = re.compile(r"(docker-)?compose[\w.-]*\.ya?ml")
_DOCKERFILE = re.compile(r"^FROM[ \t]+\S+", re.MULTILINE)
_INSTRUCTION = re.compile(
    r"^(?:RUN|COPY|ADD|CMD|ENTRYPOINT|WORKDIR|ENV|EXPOSE|LABEL|USER)[ \t]", re.MULTILINE
)
"""What a Dockerfile has besides, and a licence with a line that begins with FROM has not."""
_PROCFILE = re.compile(r"^[A-Za-z0-9_-]{1,100}:.*\b(uwsgi|gunicorn|python|flask)\b", re.MULTILINE)
_ROTATES = re.compile(
    r"^[ \t]*(rotate|hourly|daily|weekly|monthly|yearly|(min|max)?size|copytruncate|compress)\b", re.MULTILINE
)
_TMPFILES = re.compile(r"^[dDfFLvqQzZ][!+=~^-]*[ \t]+/\S+[ \t]+(\d{3,4}|-)", re.MULTILINE)
_BEANSTALK = re.compile(
    r"^(?:files|commands|container_commands|option_settings|packages):[ \t]*\r?$", re.MULTILINE
)
"""Keys of Elastic Beanstalk's YAML, whose texts hold files of nginx."""
_BUILD_PROFILE = re.compile(
    r"^[ \t]*(main_plugin|embedded_plugins|malloc_implementation|bin_name|append_version|embed_config|embed_files|"
    r"as_shared_library|plugin_build_dir|plugin_dir|append_cflags|blacklist_cflags|routing|udp|locking)[ \t]*=",
    re.MULTILINE,
)
"""Keys of the files that uWSGI is compiled by (`buildconf/*.ini`), which no running uWSGI reads."""
SOURCES = (
    *(".less", ".scss", ".sass", ".jsx", ".tsx", ".mjs", ".cjs", ".vue", ".svelte", ".astro"),
    *(
        ".c",
        ".h",
        ".cc",
        ".cpp",
        ".cxx",
        ".hpp",
        ".hh",
        ".m",
        ".mm",
        ".go",
        ".rs",
        ".java",
        ".kt",
        ".kts",
        ".scala",
    ),
    *(
        ".cs",
        ".fs",
        ".swift",
        ".dart",
        ".php",
        ".rb",
        ".pl",
        ".pm",
        ".lua",
        ".tcl",
        ".r",
        ".jl",
        ".ex",
        ".exs",
    ),
    *(".erl", ".hs", ".clj", ".proto", ".thrift", ".graphql", ".gql", ".tf", ".hcl", ".nix", ".vcl", ".g4"),
    *(
        ".ipynb",
        ".po",
        ".pot",
        ".xsl",
        ".xslt",
        ".dot",
        ".puml",
        ".mmd",
        ".bat",
        ".cmd",
        ".ps1",
        ".awk",
        ".cmake",
    ),
    *(
        ".gradle",
        ".groovy",
        ".ino",
        ".v",
        ".sv",
        ".asm",
        ".s",
        ".t",
        ".diff",
        ".patch",
        ".map",
        ".adoc",
        ".textile",
    ),
)
"""Ends of the names of sources in other languages: their braces and words may look like a configuration."""
_PROSE = (
    *(".md", ".rst", ".html", ".css", ".js", ".ts", ".lock", ".svg", ".sql", ".csv", ".tex", ".log", ".toml"),
    *(".po", ".pot", ".xlf", ".xliff", ".eml", ".ipynb"),
)
_NOTE = re.compile(r"(?:readme|changelog|license|licence|copying)(?:\.txt)?")
"""Names of texts for people, which may quote a configuration."""
_SET_ASIDE = re.compile(
    r".*(?:~|\.sw[op]|\.orig|\.(?:bak|backup|save|old)\d{0,8}|\.rej|\.dpkg-\w+|\.rpm(?:save|new|orig))|#.*#"
)
"""Names of what an editor, a merge or a package manager left beside a file."""
_READ_WHOLE = re.compile(r"/(?:sites|modules)-enabled/[^/]+$")
"""Folders of which Debian's nginx reads every file, copies as well."""
_WEB_PAGE = re.compile(r"\s{0,200}(?:<!--[^>]{0,500}-->\s{0,200})?<(?:!doctype\s+html|html)\b", re.IGNORECASE)
_SHELL = re.compile(r"\A#!.*\b(sh|bash|dash|ash|zsh)\b")
_PYTHON_SHEBANG = re.compile(r"\A#!.*\bpython")


def source_file(path: str, text: str, **rest: object) -> SourceFile:
    """Return the file with its kind recognised."""
    file = SourceFile(path=path, kind=kind_of_file(path, text), text=text)
    return msgspec.structs.replace(file, **rest)


def kind_of_file(path: str, text: str) -> str:
    """Return the kind of a file, `other` for every file that no rule reads."""
    name = path.rpartition("/")[2]
    if _is_of_others(name, text) or _is_set_aside(path, name):
        return "other"
    by_name = _by_name(name, text)
    if by_name:
        return by_name
    if is_manifest(name, text):
        return "kubernetes"
    by_section = _by_section(path, text) if "[" in text else ""
    if by_section:
        return by_section
    if _looks_like_nginx(text):
        return _by_content(name, text) if _is_note(name, text) else "nginx"
    return "logrotate" if _looks_like_logrotate(text) else _by_content(name, text)


def _by_section(path: str, text: str) -> str:
    """Return the kind of a file with a section that only one program reads, empty if no section is known."""
    if _UNIT.search(text):
        return "unit"
    if _INI_UWSGI.search(text):
        if "/buildconf/" in path or _BUILD_PROFILE.search(text):
            return "other"
        if ("=" in text or path.endswith(".ini")) and not _begins_with(text, "<", "{"):
            return "uwsgi-ini"
    return "supervisor" if _SUPERVISOR.search(text) else ""


def _is_note(name: str, text: str) -> bool:
    """Return True for a text file that begins as no configuration does: it quotes one among commands and remarks."""
    lines = (line.strip() for line in text.splitlines())
    first = next((line for line in lines if line and not line.startswith("#")), "")
    return name.lower().endswith(".txt") and _FIRST_LINE.search(first) is None


def _is_of_others(name: str, text: str) -> bool:
    """Return True for a configuration that was saved as the web page around it, and for Elastic Beanstalk's YAML."""
    return is_web_page(text) or (name.endswith(".config") and _BEANSTALK.search(text) is not None)


def _is_set_aside(path: str, name: str) -> bool:
    return _SET_ASIDE.fullmatch(name.lower()) is not None and _READ_WHOLE.search(path) is None


def is_web_page(text: str) -> bool:
    """Return True for a document in HTML, whatever the name of its file."""
    return _WEB_PAGE.match(text) is not None


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
    if lower.endswith(".json"):
        return "uwsgi-json" if _is_json_of_uwsgi(text) else "other"
    if is_prose(lower) or _NOTE.fullmatch(lower):
        return "other"
    return "other" if lower.endswith(SOURCES) else ""


def is_prose(name: str) -> bool:
    """Return True for the name, in lower case, of a document, a page or data that no server is configured with."""
    return name.endswith(_PROSE)


def _by_content(name: str, text: str) -> str:
    lower = name.lower()
    if "<uwsgi" in text and _begins_with(text, "<"):
        return "uwsgi-xml"
    if _is_json_of_uwsgi(text):
        return "uwsgi-json"
    if _COMPOSE_NAME.fullmatch(lower) and (_has_services_at_top(text) or _INDENTED_SERVICES.search(text)):
        return "compose"
    if "uwsgi:" in text and _YAML_UWSGI.search(text):
        return "uwsgi-yaml"
    if lower.endswith((".yml", ".yaml")) and _COMPOSE.search(text):
        return "compose"
    if "FROM" in text and _DOCKERFILE.search(text) and _INSTRUCTION.search(text):
        return "dockerfile"
    if lower.endswith((".ini", ".conf", ".cfg")) and len(set(_INI_OWN_KEYS.findall(text))) >= 2:
        return "uwsgi-ini"
    if lower.endswith(".conf") and _TMPFILES.search(text):
        return "tmpfiles"
    if "." not in name and _PROCFILE.search(text):
        return "procfile"
    return "other"


def _is_json_of_uwsgi(text: str) -> bool:
    return _begins_with(text, "{") and _JSON_UWSGI.search(text) is not None


def _begins_with(text: str, *signs: str) -> bool:
    """Return True if one of the signs is the first of a text besides white space."""
    return text.lstrip("\ufeff \n\r\t").startswith(signs)


def _has_services_at_top(text: str) -> bool:
    """Return True for the first version of compose files, in which a service is a key at the top."""
    below = False
    for line in text.splitlines():
        if line[:1] not in (" ", "\t", "#", ""):
            below = line.rstrip().endswith(":")
        elif below and line.split("#")[0].strip().startswith(("build:", "image:")):
            return True
    return False


def _looks_like_logrotate(text: str) -> bool:
    """Return True if a block of logrotate's words follows a line of file names."""
    for stanza in stanzas(text) if "{" in text and _ROTATES.search(text) else ():
        names = stanza.head.rstrip(" \t").removesuffix("\n").rpartition("\n")[2]
        if _are_file_names(names) and _ROTATES.search(stanza.body):
            return True
    return False


def _are_file_names(words: str) -> bool:
    """Return True for the names of log files, of which each is a path or begins with a template's placeholder."""
    names = words.split()
    return bool(names) and all(
        re.match(r"[\"']?(/|~/|\$|\{\{|@|%)", name) or (position and "/" not in name and "{{" in words)
        for position, name in enumerate(names)
    )


def _looks_like_nginx(text: str) -> bool:
    """Return True if lines begin with nginx's own words and end as nginx's lines do."""
    if "{" not in text and ";" not in text:
        return False
    if not _NGINX.search(text) or not _NGINX_STATEMENT.search(text):
        return False
    ends = len(_NGINX_END.findall(text))
    lines = sum(1 for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#"))
    return ends * 2 >= lines
