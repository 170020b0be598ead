"""The server blocks of the host's nginx that pass requests to one app server, as one site."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Sequence

from enuf.doctor.evidence import Pass
from enuf.doctor.facts.listens import Listen, listens, server_block_names
from enuf.doctor.read.pairs import LOOPBACK_HOSTS
from enuf.errors import SettingsInvalid
from enuf.install.takeover.found import OldSite, Taken, Translation
from enuf.install.takeover.nginx_lines import ServerLines
from enuf.model.address import Address, UnixAddress
from enuf.settings.shapes import spelled
from enuf.syntax.nginx_tree import NginxConfig, ParsedDirective

ANY_NAME = frozenset(("", "_", "localhost", "default", "*", "__", "127.0.0.1"))
"""Server names that name no site."""


def cannot_adopt(summary: str, hint: str) -> SettingsInvalid:
    """Return the error for a hand-made site that is not found, not read, or cannot be taken over."""
    return SettingsInvalid(summary, hint, slug="not-adoptable")


def passes_to(passes: Sequence[Pass], addresses: Sequence[Address]) -> list[Pass]:
    """Return the passes of nginx that reach one of the addresses."""
    return [each for each in passes if any(_reaches(each.address, other) for other in addresses)]


def _reaches(address: Address | None, other: Address) -> bool:
    if isinstance(address, UnixAddress) or isinstance(other, UnixAddress):
        return address == other
    if address is None or address.port != other.port:
        return False
    return address.host == other.host or (address.host in LOOPBACK_HOSTS and other.host in LOOPBACK_HOSTS)


def read_site(
    config: NginxConfig,
    every_pass: Sequence[Pass],
    addresses: Sequence[Address],
    is_empty: Callable[[str], bool],
) -> OldSite:
    """Return the site of those passes of the configuration that reach one of the addresses.

    Raise SettingsInvalid, with the place, for files that cannot be read whole or that hold other sites too.
    """
    _refuse_problems(config)
    passes = passes_to(every_pass, addresses)
    servers = _server_blocks(passes)
    _refuse_other_servers(every_pass, passes)
    files = tuple(dict.fromkeys(server.file for server in servers))
    ours = {id(each.match.directive) for each in passes}
    lines = ServerLines(ours=lambda each: id(each) in ours, is_empty=is_empty)
    for server in servers:
        lines.add_server(server)
    beside = [each for each in _all_servers(config) if each.file in files and each not in servers]
    own_names = _names(servers)
    redirects = [_www_of(each, own_names) for each in beside]
    _refuse_other_sites(beside, redirects, config, files)
    settings = _addresses(servers, lines)
    if "www" in redirects:
        redirect = beside[redirects.index("www")]
        settings["serve.www"] = Taken(value="redirect", place=f"{redirect.file}:{redirect.line}")
    found = lines.translation()
    return OldSite(
        files=files,
        names=own_names,
        is_default=any(_is_default(server, config) for server in servers),
        place=f"{servers[0].file}:{servers[0].line}",
        translation=Translation(settings={**found.settings, **settings}, gaps=found.gaps),
    )


def _refuse_problems(config: NginxConfig) -> None:
    for problem in config.problems:
        raise cannot_adopt(
            f"{problem.file}:{problem.line}: {problem.text}",
            "nginx -t says more; make it readable, and try again",
        )


def _server_blocks(passes: Sequence[Pass]) -> list[ParsedDirective]:
    found: dict[int, ParsedDirective] = {}
    for each in passes:
        server = each.match.around("server")
        if server is not None:
            found[id(server)] = server
    return list(found.values())


def _all_servers(config: NginxConfig) -> list[ParsedDirective]:
    return [match.directive for match in config.servers()]


def _refuse_other_servers(every_pass: Sequence[Pass], passes: Sequence[Pass]) -> None:
    """Raise SettingsInvalid for a pass to an upstream of several app servers."""
    directives = {id(each.match.directive) for each in passes}
    addresses = [each.address for each in passes]
    for other in every_pass:
        if id(other.match.directive) in directives and other.address not in addresses:
            raise cannot_adopt(
                f"{other.named_by.file}:{other.named_by.line}: the site has more than one app server, also {other.text}",
                "enuf serves an app with one: take the other one out of the upstream first",
            )


def _refuse_other_sites(
    beside: Sequence[ParsedDirective],
    redirects: Sequence[str],
    config: NginxConfig,
    files: Sequence[str],
) -> None:
    for server, kind in zip(beside, redirects, strict=True):
        if not kind:
            names = " ".join(filter(None, server_block_names(server))) or "no name"
            raise cannot_adopt(
                f"{server.file}:{server.line}: this file holds another site too ({names})",
                "move that server block into a file of its own first",
            )
    for file in files:
        if file == config.file:
            raise cannot_adopt(
                f"{file} is nginx's main file, and the site's server block stands in it",
                "move the server block into a file of its own, which an include with * finds",
            )
        named = next(
            (each for each in config.includes if file in each.files and "*" not in each.pattern), None
        )
        if named is not None:
            raise cannot_adopt(
                f"{named.file}:{named.line} includes {file} by its name",
                f"nginx does not start without that file: include it with a pattern, {posixpath.dirname(file)}/*",
            )


def _names(servers: Sequence[ParsedDirective]) -> tuple[str, ...]:
    names = (name for server in servers for name in server_block_names(server))
    return tuple(dict.fromkeys(name for name in names if name not in ANY_NAME))


def _www_of(server: ParsedDirective, names: Sequence[str]) -> str:
    """Return what a server block without the app is: `https`, `www`, or empty for a site of its own."""
    returns = [each for each in server.below() if each.name == "return"]
    targets = [each.args[-1] for each in returns if each.arg() in ("301", "302", "307", "308")]
    if not targets or any(each.name.endswith("_pass") for each in server.below()):
        return ""
    own = set(server_block_names(server)) - ANY_NAME
    hosts = {target.partition("://")[2].partition("/")[0].partition("$request_uri")[0] for target in targets}
    if own <= set(names):
        return "https" if all(target.startswith("https://") for target in targets) else ""
    others = own - set(names)
    twins = {name.removeprefix("www.") if name.startswith("www.") else f"www.{name}" for name in names}
    return "www" if others <= twins and hosts <= {*names, "$server_name", "$host"} else ""


def _is_default(server: ParsedDirective, config: NginxConfig) -> bool:
    """Return True for a server block that nginx also uses for names that no block lists."""
    if ANY_NAME.issuperset(server_block_names(server)):
        return True
    return any(_first_at(listen, config) is server for listen in listens(server))


def _first_at(listen: Listen, config: NginxConfig) -> ParsedDirective | None:
    at = [
        (server, each)
        for server in _all_servers(config)
        for each in listens(server)
        if each.port == listen.port and each.host == listen.host
    ]
    chosen = [server for server, each in at if each.is_default]
    return next(iter(chosen or [server for server, _ in at]), None)


def _addresses(servers: Sequence[ParsedDirective], lines: ServerLines) -> dict[str, Taken]:
    """Return the settings of the addresses, and of the certificate."""
    settings: dict[str, Taken] = {}
    plain: dict[str, str] = {}
    secure = False
    for server in servers:
        for each in server.inside("listen"):
            if each.arg().startswith("unix:") or "proxy_protocol" in each.args:
                lines.leave_out(each, "the settings serve.listen and serve.proxy_protocol do that")
        for listen in listens(server):
            words = listen.directive.args if listen.directive else ()
            secure = secure or "ssl" in words
            host = "0.0.0.0" if listen.host in ("*", "[::]") else listen.host  # noqa: S104 - as the old site
            place = f"{server.file}:{listen.directive.line if listen.directive else server.line}"
            if "ssl" not in words or listen.port != 443:
                plain.setdefault(f"{host}:{listen.port}", place)
        for key, name in (("tls.certificate", "ssl_certificate"), ("tls.key", "ssl_certificate_key")):
            for each in server.inside(name)[:1] if secure else ():
                settings[key] = Taken(
                    value=posixpath.join("/etc/nginx", each.arg()), place=f"{each.file}:{each.line}"
                )
    unusual = tuple(address for address in plain if address != "0.0.0.0:80")
    if unusual:
        value = spelled(unusual if secure else tuple(plain))
        settings["serve.listen"] = Taken(value=value, place=next(iter(plain.values())))
    return settings
