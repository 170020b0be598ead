"""Directives that nginx has given up: it refuses the file, or ignores the line."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.nginx import is_template
from enuf.doctor.facts.nginx_versions import nginx_is_at_least
from enuf.doctor.rule import Diagnostic, Rule, at_directive, by_hand
from enuf.syntax.nginx_tree import NginxConfig

_REFUSED = {
    "limit_zone": "limit_conn_zone $binary_remote_addr zone=one:10m;",
    "optimize_server_names": "server_name_in_redirect off;",
    "satisfy_any": "satisfy any;",
    "open_file_cache_retest": "open_file_cache_valid 60s;",
    "proxy_redirect_errors": "proxy_intercept_errors on;",
    "fastcgi_redirect_errors": "fastcgi_intercept_errors on;",
    "spdy_headers_comp": "",
    "spdy_chunk_size": "http2_chunk_size 8k;",
    "spdy_keepalive_timeout": "keepalive_timeout 65s;",
    "spdy_max_concurrent_streams": "http2_max_concurrent_streams 128;",
    "spdy_pool_size": "http2_pool_size 4k;",
    "spdy_recv_buffer_size": "http2_recv_buffer_size 256k;",
    "spdy_recv_timeout": "client_header_timeout 60s;",
    "spdy_streams_index_size": "",
    "uwsgi_set_header": "uwsgi_param HTTP_X_REAL_IP $remote_addr;",
    "uwsgi_timeout": "uwsgi_read_timeout 60s;",
    "else": "if ($host != shop.example) { … }",
    "elseif": "if ($host != shop.example) { … }",
}
"""Directives that no nginx since 1.11 knows, or that none ever knew, by what to write."""
_IGNORED = {
    "http2_push": "",
    "http2_push_preload": "",
    "http2_max_concurrent_pushes": "",
    "http2_max_requests": "keepalive_requests 1000;",
    "http2_recv_timeout": "client_header_timeout 60s;",
    "http2_idle_timeout": "keepalive_timeout 65s;",
    "http2_max_field_size": "large_client_header_buffers 4 8k;",
    "http2_max_header_size": "large_client_header_buffers 4 8k;",
}


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every directive that nginx refuses, and, as advice, those without effect in a current nginx."""
    for site in evidence.sites:
        yield from _http2_of_listen(evidence, site)
        for match in site.find(*_REFUSED, *_IGNORED):
            directive = match.directive
            if is_template(evidence, directive.file):
                continue
            refused = directive.name in _REFUSED
            right = _REFUSED.get(directive.name, "") or _IGNORED.get(directive.name, "")
            yield at_directive(
                directive,
                f"nginx knows no directive {directive.name} and does not start"
                if refused
                else f"nginx ignores {directive.name} and warns of it at every start: the directive is obsolete",
                -1,
                severity=None if refused else "advice",
                hint=right or "remove the line",
                fix=by_hand(f"write `{right}`" if right else f"remove `{directive.name}`"),
            )


def _http2_of_listen(evidence: Evidence, site: NginxConfig) -> Iterator[Diagnostic]:
    """Report `http2` in a `listen` of a new nginx, and the directive http2 in one that does not know it yet."""
    is_new = nginx_is_at_least(evidence, site, (1, 25, 1))
    for match in site.find("listen") if is_new else ():
        listen = match.directive
        if "http2" in listen.args:
            yield at_directive(
                listen,
                "nginx from 1.25.1 on warns of http2 in listen at every start: http2 is a directive of its own there",
                listen.args.index("http2"),
                severity="advice",
                hint=f"listen {' '.join(word for word in listen.args if word != 'http2')}; http2 on;",
                fix=by_hand("take http2 out of listen, and add `http2 on;` to the server block"),
            )
            return
    for match in site.find("http2") if is_new is False else ():
        yield at_directive(
            match.directive,
            "nginx before 1.25.1 knows no directive http2, and does not start",
            -1,
            hint="listen 443 ssl http2;",
            fix=by_hand("write `http2` into the listen lines"),
        )


RULE = Rule("N064", "removed-directive", "error", check)
