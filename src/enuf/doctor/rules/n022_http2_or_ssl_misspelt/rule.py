"""Words for TLS and HTTP/2 that nginx does not know, or that do something else."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.nginx import is_template
from enuf.doctor.facts.nginx_versions import nginx_is_at_least
from enuf.doctor.rule import Diagnostic, Rule, at_directive, by_hand, write_argument
from enuf.syntax.nginx_tree import DirectiveMatch, NginxConfig

_RIGHT = {
    "h2": "http2",
    "http/2": "http2",
    "http2.0": "http2",
    "spdy": "http2",
    "https": "ssl",
    "tls": "ssl",
    "http/3": "quic",
    "http3": "quic",
}
"""Parameters of `listen` that people write, by what nginx calls them."""


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report unknown parameters of `listen`, HTTP/2 without TLS, and the directive that `listen ... ssl` replaced."""
    for site in evidence.sites:
        if not is_template(evidence, site.file):
            yield from _of_listens(site)
            yield from _of_directives(evidence, site)


def _of_listens(site: NginxConfig) -> Iterator[Diagnostic]:
    for match in site.find("listen"):
        listen = match.directive
        for index, word in enumerate(listen.args[1:], 1):
            right = _RIGHT.get(word.lower(), "http2" if word != "http2" and word.lower() == "http2" else "")
            if right:
                fix = write_argument(
                    listen,
                    index,
                    right,
                    asks="" if right == "ssl" else "HTTP/2 needs a build of nginx with it",
                )
                yield at_directive(
                    listen,
                    f"nginx knows no parameter {word!r} of listen and does not start; it is called {right}",
                    index,
                    hint=f"listen {' '.join((*listen.args[:index], right, *listen.args[index + 1 :]))};",
                    fix=fix,
                )
        if "http2" in listen.args and not {"ssl", "quic"} & set(listen.args) and not _is_on(match):
            yield at_directive(
                listen,
                "HTTP/2 without TLS: no browser speaks that, and nginx before 1.25.1 speaks nothing else at this address",
                listen.args.index("http2"),
                severity="warning",
                hint=f"listen {' '.join(word for word in listen.args if word != 'http2')}; "
                "for browsers: listen 443 ssl http2;",
                fix=by_hand("remove `http2`, or add `ssl` and a certificate"),
            )


def _is_on(match: DirectiveMatch) -> bool:
    return match.value("ssl") == "on"


def _of_directives(evidence: Evidence, site: NginxConfig) -> Iterator[Diagnostic]:
    for match in site.find("ssl"):
        if match.directive.arg() in ("on", "off"):
            yield at_directive(
                match.directive,
                "nginx from 1.25.1 on does not know the directive ssl, and does not start",
                -1,
                severity="error" if nginx_is_at_least(evidence, site, (1, 25, 1)) else "warning",
                hint="remove the line; listen 443 ssl;"
                if match.directive.arg() == "on"
                else "remove the line",
                fix=by_hand("write `ssl` into the listen lines, and remove this line"),
            )


RULE = Rule("N022", "http2-or-ssl-misspelt", "error", check)
