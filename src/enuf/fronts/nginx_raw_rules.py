"""What a project may write into the host's nginx, whose master process is root's and whose other sites are other people's.

The list holds what changes the project's own answers, and nothing that opens files, logs, sockets, names or ports.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable, Iterator

import msgspec

from enuf.fronts.nginx_raw import LEVELS, OwnNames, RawLevel, own_names, read_lines
from enuf.model.nginx_variables import is_nginx_variable
from enuf.syntax.nginx_tree import ParsedDirective

Rule = Callable[[ParsedDirective], str]
"""Returns what is wrong with a directive of an allowed name, in words; empty for a good one."""

_LARGEST_ZONE_KB = 10 * 1024
_MOST_ZONES = 8
_VARIABLE = re.compile(r"\$\{?(\w+)")
_NAMED_GROUP = re.compile(r"\(\?P?<[A-Za-z_]|\(\?'")
_FILE_TEST = re.compile(r"\(*!?-[fdex]")
_ZONE = re.compile(r"zone=[^:=]+:([0-9]{1,5})([km])", re.IGNORECASE)
_UPSTREAM = re.compile(r"https?://(?P<host>[a-z0-9.]+|\[[0-9A-Fa-f:.]+\]):[0-9]{1,5}(?:/.*)?")
_ADDRESS = re.compile(r"(?:@[\w.-]+|https?://.+|/[^$]*)", re.DOTALL)
_BLOCKS_OF_VALUES = frozenset(("map", "geo", "split_clients"))
_INSTEAD = {
    "access_log": "only `access_log off;` may stand here: the log is at a place of its own",
    "alias": "static.extra serves a folder",
    "auth_basic_user_file": "access.passwords names such a file",
    "client_header_timeout": "it holds for all sites of a port",
    "listen": "serve.listen does that",
    "root": "static.extra serves a folder",
    "server_name": "serve.hosts does that",
    "try_files": "static.extra serves a folder",
    "uwsgi_pass": "proxy_pass leads to other servers",
}


class RawProblem(msgspec.Struct, frozen=True, kw_only=True):
    """A line of [raw] that only root may say."""

    level: RawLevel
    line: int
    text: str


def _anything(_: ParsedDirective) -> str:
    return ""


def _only_off(each: ParsedDirective) -> str:
    return "" if each.args == ("off",) else _INSTEAD["access_log"]


def _literal_address(each: ParsedDirective) -> str:
    """Refuse an internal address that could lead past the addresses of the site: of variables, or with `..`."""
    address = each.args[-1] if each.args else ""
    if _ADDRESS.fullmatch(address) and (not address.startswith("/") or ".." not in address.split("/")):
        return ""
    return f"{address!r} is no address without variables and `..`"


def _literal_or_off(each: ParsedDirective) -> str:
    return "" if each.args == ("off",) else _literal_address(each)


def _rewrite(each: ParsedDirective) -> str:
    leads_away = each.arg(2) in ("redirect", "permanent") or each.arg(1).startswith(
        ("http://", "https://", "$scheme:")
    )
    if leads_away:
        return ""
    without_flag = msgspec.structs.replace(each, args=each.args[:2])
    fault = _literal_address(without_flag)
    return fault and f"{fault}; with `redirect` or `permanent` it may have variables"


def _proxied(each: ParsedDirective) -> str:
    """Refuse a unix socket, which could be another site's, and a name: nginx does not start while one cannot be resolved."""
    found = _UPSTREAM.fullmatch(each.arg())
    if found and (found["host"] == "localhost" or _is_network(found["host"].strip("[]"))):
        return ""
    return f"{each.arg()!r} is not of the form http://127.0.0.1:8001/path: an IP address or localhost, and a port"


def _clients(each: ParsedDirective) -> str:
    if each.args in (("all",), ("unix:",)) or _is_network(each.arg()):
        return ""
    return f"{each.arg()!r} is no network; nginx does not start while a name cannot be resolved"


def _is_network(text: str) -> bool:
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def _zone(each: ParsedDirective) -> str:
    found = next(filter(None, map(_ZONE.fullmatch, each.args)), None)
    if found is None:
        return "it needs zone=NAME:SIZE, in k or m"
    size_kb = int(found[1]) * (1024 if found[2].lower() == "m" else 1)
    return "" if size_kb <= _LARGEST_ZONE_KB else "a zone may have 10m"


def _condition(each: ParsedDirective) -> str:
    is_of_file = any(_FILE_TEST.match(word) for word in each.args)
    return "it asks for files, which nginx's user would look up" if is_of_file else ""


_OF_HTTP: dict[str, Rule] = {
    "geo": _anything, "limit_conn_zone": _zone, "limit_req_zone": _zone, "map": _anything, "split_clients": _anything,
}  # fmt: skip
_OF_SERVER: dict[str, Rule] = {
    **dict.fromkeys(
        """absolute_redirect add_header add_trailer auth_basic auth_request_set break brotli brotli_comp_level brotli_min_length
        brotli_types charset chunked_transfer_encoding client_body_timeout client_max_body_size default_type empty_gif etag
        expires gunzip gzip gzip_comp_level gzip_disable gzip_http_version gzip_min_length gzip_proxied gzip_types gzip_vary
        if_modified_since internal keepalive_requests keepalive_timeout limit_conn limit_conn_dry_run limit_conn_log_level
        limit_conn_status limit_except limit_rate limit_rate_after limit_req limit_req_dry_run limit_req_log_level
        limit_req_status location log_not_found max_ranges port_in_redirect proxy_buffering proxy_connect_timeout
        proxy_cookie_domain proxy_cookie_flags proxy_cookie_path proxy_hide_header proxy_http_version proxy_intercept_errors
        proxy_pass_header proxy_pass_request_body proxy_pass_request_headers proxy_read_timeout proxy_redirect
        proxy_request_buffering proxy_send_timeout proxy_set_header proxy_ssl_name proxy_ssl_server_name
        recursive_error_pages return satisfy send_timeout server_name_in_redirect server_tokens set
        uwsgi_hide_header uwsgi_intercept_errors
        valid_referers""".split(),  # noqa: SIM905 - a hundred quotes less
        _anything,
    ),
    **dict.fromkeys(("allow", "deny"), _clients),
    "access_log": _only_off,
    "auth_request": _literal_or_off,
    "error_page": _literal_address,
    "if": _condition,
    "proxy_pass": _proxied,
    "rewrite": _rewrite,
}
ALLOWED: dict[RawLevel, dict[str, Rule]] = {"http": _OF_HTTP, "server": _OF_SERVER}
"""The directives that a project may write, with the rule for their arguments."""


def raw_problems(http: str, server: str) -> list[RawProblem]:
    """Return what only root may say in these lines of raw.nginx_http and raw.nginx_server, in their order."""
    texts: dict[RawLevel, str] = {"http": http, "server": server}
    read = {level: read_lines(texts[level], level) for level in LEVELS}
    names = own_names(read[level].directives for level in LEVELS)
    found = []
    if len(names.zones) > _MOST_ZONES:
        found.append(RawProblem(level="http", line=1, text=f"there are more than {_MOST_ZONES} zones"))
    for level in LEVELS:
        found += [
            RawProblem(level=level, line=line, text=text)
            for line, text in (
                *((fault.line, fault.text) for fault in read[level].faults),
                *_of_directives(read[level].directives, level, names),
            )
        ]
    return found


def _of_directives(
    directives: Iterable[ParsedDirective], level: RawLevel, names: OwnNames
) -> Iterator[tuple[int, str]]:
    waiting = list(directives)[::-1]
    while waiting:
        each = waiting.pop()
        rule = ALLOWED[level].get(each.name)
        fault = rule(each) if rule else _not_allowed(each.name)
        fault = fault or _foreign_names(each, names)
        if fault:
            yield each.line, f"{each.name}: {fault}"
        if not rule:
            continue
        if each.name in _BLOCKS_OF_VALUES:
            yield from _of_values(each, names.variables)
        else:
            waiting += reversed(each.block or ())


def _not_allowed(name: str) -> str:
    instead = _INSTEAD.get(name)
    return f"a project may not say this to the host's nginx{f'; {instead}' if instead else ''}"


def _of_values(block: ParsedDirective, variables: frozenset[str]) -> Iterator[tuple[int, str]]:
    target = block.args[-1] if block.args else ""
    if target.removeprefix("$") not in variables:
        yield (
            block.line,
            f"{block.name}: {target} is a variable of nginx's or enuf's own, choose another name",
        )
    for each in block.block or ():
        fault = _foreign_words((each.name, *each.args), variables)
        if fault:
            yield each.line, f"{block.name}: {fault}"


def _foreign_names(each: ParsedDirective, names: OwnNames) -> str:
    fault = _foreign_words(each.args, names.variables)
    used = each.arg() if each.name == "limit_conn" else ""
    if each.name == "limit_req":
        used = next((word[5:] for word in each.args if word.startswith("zone=")), "")
    if used and used not in names.zones:
        fault = fault or f"there is no zone {used} in raw.nginx_http"
    return fault


def _foreign_words(words: Iterable[str], variables: frozenset[str]) -> str:
    """Return what is wrong with names in the words: a variable of another site could hold its secret."""
    for word in words:
        if _NAMED_GROUP.search(word):
            return "a named group would be a variable of all sites: number it, $1"
        for name in _VARIABLE.findall(word):
            if not (name.isdigit() or name in variables or is_nginx_variable(name)):
                return f"${name} is no variable of nginx and is not made in [raw]"
    return ""
