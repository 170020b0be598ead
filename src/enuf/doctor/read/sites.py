"""The addresses that nginx sites pass requests to."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import NamedTuple

import msgspec

from enuf.doctor.evidence import Pass, SourceFile
from enuf.doctor.machine import Container
from enuf.doctor.read.reach import Reach
from enuf.model.address import Address, TcpAddress, UnixAddress
from enuf.model.numbers import decimal
from enuf.syntax.nginx_read import NginxSources, read_nginx
from enuf.syntax.nginx_tree import DirectiveMatch, NginxConfig, ParsedDirective
from enuf.syntax.uwsgi_sockets import Protocol

PASSES: dict[str, Protocol] = {
    "uwsgi_pass": "uwsgi",
    "proxy_pass": "http",
    "fastcgi_pass": "other",
    "scgi_pass": "other",
    "grpc_pass": "other",
}
_PREFIX = "/etc/nginx"
"""The folder that a relative include counts from, in the packages and in the official image."""
PASSES_LIMIT = 1000
CHARACTERS_LIMIT = 2_000_000
"""Many sites may include the same large file."""
_DEFAULT_PORTS = {"http": 80, "https": 443}
_TEMPLATE_NAME = re.compile(r"\$\{([A-Z][A-Z0-9_]*)\}")


class NginxFiles(NamedTuple):
    """The ways to the files that nginx sites include."""

    reach: Reach
    real: Callable[[str], str] = lambda path: path
    """Return a path without links."""


def read_sites(
    files: Iterable[SourceFile],
    ways: NginxFiles,
    leave_out: Callable[[str, str], None] = lambda _path, _why: None,
) -> tuple[NginxConfig, ...]:
    """Return one configuration per nginx.conf and per site that none of them includes, under whatever name.

    Of a file that several links lead to, one is read.
    """
    configs: list[NginxConfig] = []
    included_characters = 0

    def sources(path: str) -> NginxSources:
        machines = ways.reach.machines_with(path)
        read = ways.reach.reader(path, machines)

        def counted(included: str) -> str | None:
            nonlocal included_characters
            text = read(included)
            included_characters += len(text or "")
            return text

        def is_elsewhere(included: str, pattern: str) -> bool:
            held = [place for machine in machines for place in machine.paths_of(included)]
            return bool(held) and posixpath.join(_PREFIX, pattern) not in held

        folders = (_PREFIX,) if machines else ()
        return NginxSources(
            is_elsewhere=is_elsewhere,
            read=counted,
            glob=ways.reach.globber(path, machines),
            folders=folders,
            located=lambda included: ways.reach.located(included, machines),
        )

    for file in files:
        if file.kind == "nginx" and included_characters - len(file.text) > CHARACTERS_LIMIT:
            leave_out(
                file.path, f"the sites and what they include come to more than {CHARACTERS_LIMIT} characters"
            )
        elif file.kind == "nginx":
            configs.append(read_nginx(file.path, sources(file.path)))
    included = {ways.real(path) for config in configs for path in config.files[1:]}
    kept: dict[str, NginxConfig] = {}
    for config in configs:
        real = ways.real(config.file)
        is_root = real not in included or config.context == "main" or _is_in_a_circle(config)
        if is_root and not _is_params_only(config):
            kept.setdefault(real, config)
    return tuple(kept.values())


def _is_in_a_circle(config: NginxConfig) -> bool:
    """Return True for a file that includes itself: every file of the circle is included by another one."""
    return any(problem.kind == "loop" for problem in config.problems)


def _is_params_only(config: NginxConfig) -> bool:
    """Return True for a file like uwsgi_params, which is no site by itself."""
    names = {directive.name for directive in config.directives}
    return bool(names) and all(name.endswith(("_param", "_set_header")) for name in names)


def read_passes(
    sites: Iterable[NginxConfig], machines_with: Callable[[str], tuple[Container, ...]] = lambda _path: ()
) -> tuple[Pass, ...]:
    """Return the passes of all sites, one for each member of an upstream, up to PASSES_LIMIT."""
    passes = (
        msgspec.structs.replace(site_pass, machines=machines, address=_address(site_pass, machines))
        for site in sites
        for machines in (machines_with(site.file),)
        for match in site.find(*PASSES)
        if not match.is_overruled_by(PASSES)
        for site_pass in _passes_of(site, match)
    )
    return tuple(islice(passes, PASSES_LIMIT))


def _address(site_pass: Pass, machines: tuple[Container, ...]) -> Address | None:
    """Return the address of a pass, with the variables of its containers where a template is filled in with them."""
    names = _TEMPLATE_NAME.findall(site_pass.text)
    if site_pass.address is not None or not names:
        return site_pass.address
    text = site_pass.text
    for name in names:
        values = {each.environ.get(name, "") for each in machines}
        value = values.pop() if len(values) == 1 else ""
        if not value or "$" in value:
            return None
        text = text.replace(f"${{{name}}}", value)
    scheme, _, rest = text.rpartition("://") if "://" in text else ("", "", text)
    port = _DEFAULT_PORTS.get(scheme) if site_pass.protocol == "http" else None
    return passed_address(rest, port)


def _passes_of(site: NginxConfig, match: DirectiveMatch) -> Iterator[Pass]:
    directive = match.directive
    protocol = PASSES[directive.name]
    text = directive.arg()
    scheme, _, rest = text.rpartition("://") if "://" in text else ("", "", text)
    if text.startswith("unix:"):
        scheme, rest = "", text
    name = rest.partition("/")[0] if not rest.startswith("unix:") else ""
    members = site.upstream(name) if name and "$" not in text else ()
    if not members:
        port = _DEFAULT_PORTS.get(scheme) if protocol == "http" else None
        yield _pass(site, match, rest, directive, port)
    for member in members:
        yield _pass(site, match, member.arg(), member, 80)


def _pass(
    site: NginxConfig, match: DirectiveMatch, text: str, named_by: ParsedDirective, port: int | None
) -> Pass:
    address = passed_address(text, port)
    protocol = PASSES[match.directive.name]
    return Pass(match=match, site=site, protocol=protocol, address=address, text=text, named_by=named_by)


def passed_address(text: str, default_port: int | None) -> Address | None:
    """Return the address in an nginx directive, None for a variable or a name without a port."""
    if "$" in text:
        return None
    if text.startswith("unix:"):
        path = text.removeprefix("unix:")
        path = path.partition(":")[0] or path  # proxy_pass http://unix:/path:/uri
        return UnixAddress(posixpath.normpath("/" + path.lstrip("/"))) if path.startswith("/") else None
    host, colon, port = text.partition("/")[0].rpartition(":")
    if text.startswith("[") and text.partition("/")[0].endswith("]"):
        host, colon, port = text.partition("/")[0], "", ""
    if not colon:
        host = host or port
        return TcpAddress(host.strip("[]"), default_port) if host and default_port else None
    port_number = decimal(port)
    return (
        TcpAddress(host.strip("[]"), port_number) if port_number is not None and port_number < 65536 else None
    )
