"""Directives that nginx takes once in a block, and that stand there twice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.listens import listens
from enuf.doctor.facts.nginx import is_template
from enuf.doctor.rule import Diagnostic, Rule, at_directive, by_hand
from enuf.syntax.nginx_tree import NginxConfig, ParsedDirective

_ONCE = frozenset(
    (
        *(
            "root",
            "alias",
            "try_files",
            "proxy_pass",
            "uwsgi_pass",
            "expires",
            "default_type",
            "charset",
            "satisfy",
        ),
        *("auth_basic", "auth_basic_user_file", "autoindex", "server_tokens", "limit_rate", "resolver"),
        *("client_max_body_size", "client_body_buffer_size", "client_body_timeout", "client_header_timeout"),
        *(
            "send_timeout",
            "keepalive_timeout",
            "sendfile",
            "tcp_nopush",
            "tcp_nodelay",
            "large_client_header_buffers",
        ),
        *(
            "gzip",
            "gzip_vary",
            "gzip_comp_level",
            "proxy_http_version",
            "proxy_buffering",
            "proxy_request_buffering",
        ),
        *(
            "proxy_read_timeout",
            "proxy_send_timeout",
            "proxy_connect_timeout",
            "proxy_buffers",
            "proxy_buffer_size",
        ),
        *(
            "uwsgi_read_timeout",
            "uwsgi_send_timeout",
            "uwsgi_connect_timeout",
            "uwsgi_buffers",
            "uwsgi_buffering",
        ),
        *(
            "ssl_ciphers",
            "ssl_prefer_server_ciphers",
            "ssl_session_timeout",
            "ssl_session_tickets",
            "ssl_stapling",
        ),
    )
)


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report directives, addresses and names of upstreams that nginx refuses the second time."""
    for site in evidence.sites:
        for found, first in _twice(site):
            if not is_template(evidence, found.file) and not is_template(evidence, first.file):
                yield at_directive(
                    found,
                    f"nginx does not start: {_what(found)} is here a second time, after {_place(first)}",
                    -1,
                    hint="keep one of the two lines",
                    fix=by_hand("remove one of the two lines"),
                )


def _twice(site: NginxConfig) -> Iterator[tuple[ParsedDirective, ParsedDirective]]:
    for match in site.find("http", "server", "location", "if"):
        yield from _in_block(match.directive)
    for match in site.servers():
        yield from _addresses(match.directive)
    upstreams: dict[str, ParsedDirective] = {}
    for match in site.find("upstream"):
        first = upstreams.setdefault(match.directive.arg(), match.directive)
        if first is not match.directive:
            yield match.directive, first


def _in_block(block: ParsedDirective) -> Iterator[tuple[ParsedDirective, ParsedDirective]]:
    held: dict[str, list[ParsedDirective]] = {}
    for each in block.block or ():
        if each.name in _ONCE:
            held.setdefault(each.name, []).append(each)
    for lines in held.values():
        yield from _repeated(lines)
    yield from _repeated([*held.get("alias", ())[:1], *held.get("root", ())[:1]])


def _repeated(held: Sequence[ParsedDirective]) -> Iterator[tuple[ParsedDirective, ParsedDirective]]:
    if len(held) > 1:
        yield held[1], held[0]


def _addresses(server: ParsedDirective) -> Iterator[tuple[ParsedDirective, ParsedDirective]]:
    seen: dict[tuple[str, int, bool], ParsedDirective] = {}
    for listen in listens(server):
        if listen.directive is not None:
            key = (listen.host, listen.port, "quic" in listen.directive.args)
            first = seen.setdefault(key, listen.directive)
            if first is not listen.directive:
                yield listen.directive, first


def _what(directive: ParsedDirective) -> str:
    return (
        f"{directive.name} {directive.arg()}" if directive.name in ("listen", "upstream") else directive.name
    )


def _place(first: ParsedDirective) -> str:
    return f"{first.file.rpartition('/')[2]}:{first.line}"


RULE = Rule("N093", "said-twice", "error", check)
