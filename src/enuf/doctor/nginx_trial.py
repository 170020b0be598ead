"""nginx's own opinion of a site, of a build that is on this machine.

The site is written anew from the tree that was read, into a scratch folder, without what would reach outside of
that folder: modules, logs, certificates, ports, names of other hosts. So nothing of a stranger's file is run,
opened or asked for, and a missing host or certificate hides no other mistake.
"""

from __future__ import annotations

import contextlib
import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from ipaddress import ip_address
from pathlib import Path

from crossplane.analyzer import DIRECTIVES

from enuf.doctor.unharmed import Refusal
from enuf.syntax.nginx import quote
from enuf.syntax.nginx_tree import NginxConfig, ParsedDirective

_WITHIN_S = 10
_LINES_LIMIT = 20_000
_TABLES = frozenset(("map", "geo", "types", "split_clients", "charset_map"))
"""Blocks whose lines are no directives."""
_LEFT_OUT = re.compile(
    r"load_module|user|pid|error_log|lock_file|daemon|master_process|worker_(?:processes|priority|rlimit_\w+|cpu_affinity)|env|"
    r"working_directory|debug_\w+|thread_pool|ssl|ssl_(?!protocols|ciphers|prefer|session_timeout|session_tickets|reject)\w+|"
    r"(?:proxy|grpc|uwsgi)_ssl\w*|\w+_temp_path|\w+_store|perl\w*|js_\w+|\w*lua\w*|geoip\w*|xslt\w*|xml_entities|"
    r"resolver|mail|stream|google_perftools_profiles|accept_mutex|use|events|include|image_filter\w*|dav_\w+|state"
)
"""Directives that open or run something, or that belong to the process and not to the site."""
_LISTEN_WORDS = ("default_server", "proxy_protocol")
_PASSES = ("proxy_pass", "uwsgi_pass", "fastcgi_pass", "scgi_pass", "grpc_pass", "memcached_pass")
_AUTHORITY = re.compile(
    r"(?P<scheme>(?:\w+://)?)(?P<host>[A-Za-z0-9_.-]+)(?P<rest>(?::\d+)?(?:/.*)?)", re.DOTALL
)
_REFUSED_AT = re.compile(
    r"\[emerg\] (?:\d+#\d+: )?(?P<message>.*?) in (?P<file>\S+):(?P<line>\d+)$", re.MULTILINE
)
_REFUSED = re.compile(r"\[emerg\] (?:\d+#\d+: )?(?P<message>.*)$", re.MULTILINE)
_TAKEN = "syntax is ok"
_WRAPPERS = {
    "http": ("", ""),
    "server": ("server {", "}"),
    "location": ("server { location / {", "} }"),
}

Ask = Callable[[Sequence[str]], str]
"""Run a program and return what it printed. May raise OSError."""


def refusal_of(site: NginxConfig, program: str, ask: Ask) -> Refusal | None:
    """Return what nginx says about a site that it refuses.

    None for a site that it takes, and for one that cannot be written anew.
    """
    if any(problem.kind in ("syntax", "unterminated") for problem in site.problems):
        first = next(problem for problem in site.problems if problem.kind in ("syntax", "unterminated"))
        return Refusal(message=first.text, file=first.file, line=first.line)
    with (
        tempfile.TemporaryDirectory(prefix="enuf-nginx-") as folder,
        contextlib.suppress(OSError, ValueError),
    ):
        text, places = _Writer(folder).whole(site)
        main = Path(folder) / "nginx.conf"
        main.write_text(text, encoding="utf-8", errors="surrogateescape")
        said = ask([program, "-t", "-p", f"{folder}/", "-c", str(main), "-e", "stderr"])
        return _refusal_in(said, places, str(main))
    return None


def _refusal_in(said: str, places: Sequence[tuple[str, int]], main: str) -> Refusal | None:
    match = _REFUSED_AT.search(said)
    if _TAKEN in said:
        return None
    if match and match["file"] == main and 0 < int(match["line"]) <= len(places):
        file, line = places[int(match["line"]) - 1]
        return Refusal(message=match["message"], file=file, line=line)
    other = _REFUSED.search(said)
    return Refusal(message=other["message"].replace(main, "the site")) if other else None


class _Writer:
    """Writes the tree of a site as one file for nginx, each line with the place that it comes from."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._lines: list[str] = []
        self._places: list[tuple[str, int]] = []
        self._sockets: dict[str, str] = {}
        self._names: frozenset[str] = frozenset()

    def whole(self, site: NginxConfig) -> tuple[str, list[tuple[str, int]]]:
        """Return the text, and for each of its lines the file and the line that it was read from."""
        self._names = frozenset(each.directive.arg() for each in site.find("upstream"))
        self._add("events {} ", site.file, 0)
        if site.context == "main":
            inside = [each for each in site.directives if each.name == "http"]
            self._block(inside, site.file)
        else:
            opening, closing = _WRAPPERS.get(site.context, ("", ""))
            has_port = site.context == "http" or any(each.name == "listen" for each in site.directives)
            listen = "" if has_port else f"listen {self._socket('*:80')};"
            self._add(f"http {{ {opening.replace('{', '{ ' + listen, 1)}", site.file, 0)
            self._block(site.directives, site.file)
            self._add(f"{closing} }}", site.file, 0)
        return "\n".join(self._lines) + "\n", self._places

    def _add(self, line: str, file: str, number: int) -> None:
        if len(self._lines) > _LINES_LIMIT:
            raise ValueError("too many lines")
        self._lines.append(line)
        self._places.append((file, number))

    def _block(self, directives: Sequence[ParsedDirective], file: str, *, table: bool = False) -> None:
        for each in directives:
            if table:
                self._add(f"{_words((each.name, *each.args))};", each.file, each.line)
            elif each.name in DIRECTIVES and not _LEFT_OUT.fullmatch(each.name):
                self._directive(each)

    def _directive(self, each: ParsedDirective) -> None:
        words = _words((each.name, *self._args(each)))
        if each.block is None:
            self._add(f"{words};", each.file, each.line)
            return
        self._add(f"{words} {{", each.file, each.line)
        if each.name == "server" and not each.inside("listen"):
            self._add(f"listen {self._socket('*:80')};", each.file, each.line)
        self._block(each.block, each.file, table=each.name in _TABLES)
        self._add("}", each.file, each.line)

    def _args(self, each: ParsedDirective) -> tuple[str, ...]:
        if each.name == "listen":
            kept = (word for word in each.args[1:] if word in _LISTEN_WORDS)
            return (self._socket(_normal_address(each.arg())), *dict.fromkeys(kept))
        if each.name == "access_log":
            return ("off",)
        if each.name.endswith("_cache_path"):
            return (f"{self._folder}/{each.name}-{len(self._lines)}", *_cache_words(each.args[1:]))
        if each.name == "server" and each.block is None:
            return (self._here(each.arg()), *each.args[1:])
        if each.name in _PASSES:
            return (self._here(each.arg()), *each.args[1:])
        return each.args

    def _here(self, text: str) -> str:
        """Return an address with this machine in the place of another host's name."""
        match = _AUTHORITY.fullmatch(text)
        if match is None or "$" in match["host"] or match["host"] in self._names or match["host"] == "unix":
            return text
        with contextlib.suppress(ValueError):
            ip_address(match["host"])
            return text
        return f"{match['scheme']}127.0.0.1{match['rest']}"

    def _socket(self, address: str) -> str:
        return self._sockets.setdefault(address, f"unix:{self._folder}/{len(self._sockets)}")


def _words(words: Sequence[str]) -> str:
    return " ".join(map(quote, words))


def _cache_words(words: Sequence[str]) -> Iterator[str]:
    return (word for word in words if not word.startswith(("loader_", "manager_", "purger")))


def _normal_address(text: str) -> str:
    """Return the address of a `listen` with its host and port; equal addresses give equal texts."""
    if text.isdigit() or "$" in text:
        return f"*:{text}"
    for every in ("0.0.0.0:", "*:"):
        if text.startswith(every):
            return f"*:{text.removeprefix(every)}"
    if text.startswith(("unix:", "[")):
        return text
    return text if ":" in text else f"{text}:80"
