"""The ports and names of nginx server blocks."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator

import msgspec

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.nginx import directives_in
from enuf.model.numbers import decimal
from enuf.syntax.nginx_tree import DirectiveMatch, NginxConfig, ParsedDirective

_NO_HTTP = ("stream", "mail")


class Listen(msgspec.Struct, frozen=True, kw_only=True):
    """A `listen` of a server block. A block without one listens on port 80."""

    host: str
    port: int
    is_default: bool = False
    directive: ParsedDirective | None = None


def listens(server: ParsedDirective) -> tuple[Listen, ...]:
    """Return the TCP addresses of a server block."""
    written = directives_in(server, "listen")
    if not written:
        return (Listen(host="*", port=80),)
    return tuple(each for each in map(_listen, written) if each)


def _listen(directive: ParsedDirective) -> Listen | None:
    text = directive.arg()
    host, _, port = ("*", "", text) if decimal(text, 9) is not None else text.rpartition(":")
    if text.endswith("]") or not host:
        host, port = text, "80"
    port_number = decimal(port, 9)
    if "$" in text or text.startswith("unix:") or port_number is None or port_number > 65535:
        return None
    host = {"0.0.0.0": "*", "localhost": "127.0.0.1"}.get(host, host)  # noqa: S104 - compared, not bound
    is_default = "default_server" in directive.args or "default" in directive.args
    return Listen(host=host, port=port_number, is_default=is_default, directive=directive)


def ports_of(sites: Iterable[NginxConfig]) -> frozenset[int] | None:
    """Return the ports of all server blocks of sites, None if a variable stands for one of the ports."""
    sites = tuple(sites)
    if any("$" in each.directive.arg() for site in sites for each in site.find("listen")):
        return None
    return frozenset(
        listen.port for site in sites for match in site.servers() for listen in listens(match.directive)
    )


def server_block_names(server: ParsedDirective) -> tuple[str, ...]:
    """Return the names of a server block in lower case; one empty name if it has none."""
    return tuple(name.lower() for each in directives_in(server, "server_name") for name in each.args) or ("",)


def http_groups(evidence: Evidence) -> Iterator[tuple[DirectiveMatch, ...]]:
    """Yield the server blocks of each nginx, without those of `stream` and `mail`.

    The blocks of one file belong together, and so do the files that nginx includes from one folder: all of
    sites-enabled, and what ends with .conf in conf.d.
    """
    together: dict[str, list[DirectiveMatch]] = {}
    for site in evidence.sites:
        folder = posixpath.dirname(site.file)
        name = folder.rpartition("/")[2]
        included = name == "sites-enabled" or (
            name == "conf.d" and site.file.endswith((".conf", ".template"))
        )
        alone = site.context == "http" and included
        together.setdefault(folder if alone else site.file, []).extend(
            match for match in site.servers() if not any(each.name in _NO_HTTP for each in match.chain)
        )
    return (tuple(group) for group in together.values())
