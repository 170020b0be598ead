"""Another site as the default on the app's port, which answers requests for every other name."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.listens import http_groups, listens, server_block_names
from enuf.doctor.facts.nginx import directives_in
from enuf.doctor.machine import Container
from enuf.doctor.rule import Diagnostic, Rule, at_directive, by_hand
from enuf.syntax.nginx_tree import DirectiveMatch, ParsedDirective

_PASSES = ("uwsgi_pass", "proxy_pass", "fastcgi_pass", "grpc_pass", "scgi_pass")

_OF_NOBODY = {"", "_", "localhost", "127.0.0.1", "0.0.0.0"}  # noqa: S104 - compared, not bound
"""Names that no visitor of another machine types."""
_IMAGE_INCLUDES = ("/etc/nginx/conf.d/*.conf", "conf.d/*.conf")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every default_server with a page of its own, on a port where an app answers by name."""
    for group in http_groups(evidence):
        app_ports = {
            listen.port for match in group if _is_app(match.directive) for listen in listens(match.directive)
        }
        for match in group:
            yield from _diagnostics(match, app_ports)
    yield from _of_the_image(evidence)
    yield from _behind_the_default(evidence)


def _of_the_image(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report the default.conf of the official image, where an own nginx.conf includes it before its server."""
    for site in evidence.sites:
        include = next((each for each in site.includes if each.pattern in _IMAGE_INCLUDES), None)
        if site.context != "main" or include is None or not _keeps_the_default(evidence, site.file):
            continue
        for match in site.servers():
            server = match.directive
            names = set(server_block_names(server))
            takes_all = any(listen.is_default for listen in listens(server))
            if (
                not _is_app(server)
                or server.file != include.file
                or server.line < include.line
                or takes_all
                or all(listen.port != 80 for listen in listens(server))
            ):
                continue
            never = names <= {"", "_", "localhost"}
            yield at_directive(
                server,
                "the image's own conf.d/default.conf is included before this server block and is the default on port 80: "
                + (
                    "visitors see its welcome page, not the app"
                    if never
                    else "any other name shows its welcome page"
                ),
                -1,
                severity="error" if never else "warning",
                hint="RUN rm /etc/nginx/conf.d/default.conf  in the Dockerfile, or put this server block into that file",
                fix=by_hand("remove the image's default.conf"),
                evidence=(f"{include.file}:{include.line}: include {include.pattern}",),
            )


def _behind_the_default(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report an app for localhost alone in a file of conf.d that the image's default.conf comes before."""
    for site in evidence.sites:
        if site.context != "http" or not _is_behind(evidence, site.file):
            continue
        for match in site.servers():
            server = match.directive
            ports = listens(server)
            names = set(server_block_names(server))
            if (
                server.file == site.file
                and _is_app(server)
                and names <= _OF_NOBODY
                and any(listen.port == 80 for listen in ports)
                and not any(listen.is_default for listen in ports)
            ):
                yield at_directive(
                    server,
                    "the image's own conf.d/default.conf comes before this file and is the default on port 80: "
                    "visitors see its welcome page, not the app",
                    -1,
                    hint="mount or copy this file to /etc/nginx/conf.d/default.conf",
                    fix=by_hand("put the file in the place of the image's default.conf"),
                )


def _is_behind(evidence: Evidence, path: str) -> bool:
    """Return True if every nginx that has the file is the official one, with its default.conf, which sorts before the file."""
    held = [each for each in evidence.machines_with(path) if "nginx" in each.image]
    return bool(held) and all(_is_behind_in(evidence, each, path) for each in held)


def _is_behind_in(evidence: Evidence, machine: Container, path: str) -> bool:
    built = evidence.file(machine.dockerfile)
    targets = [place.target.rstrip("/") for place in machine.places.places]
    replaced = ("/etc/nginx", "/etc/nginx/conf.d", "/etc/nginx/nginx.conf", "/etc/nginx/conf.d/default.conf")
    names = [place for place in machine.paths_of(path) if place.startswith("/etc/nginx/conf.d/")]
    return (
        machine.image.rpartition("/")[2].partition(":")[0] == "nginx"
        and bool(names)
        and all(place > "/etc/nginx/conf.d/default.conf" and place.endswith(".conf") for place in names)
        and not any(target in replaced for target in targets)
        and not (built and ("default" in built.text or "conf.d/*" in built.text))
        and not machine.command
    )


def _keeps_the_default(evidence: Evidence, path: str) -> bool:
    """Return True if a container of the official image has the file as its nginx.conf, and still its own default.conf."""
    for machine in evidence.machines_with(path):
        name = machine.image.rpartition("/")[2].partition(":")[0]
        built = evidence.file(machine.dockerfile)
        if (
            name == "nginx"
            and "/etc/nginx/nginx.conf" in machine.paths_of(path)
            and not any(place.target.startswith("/etc/nginx/conf.d") for place in machine.places.places)
            and not (built and "conf.d" in built.text)
        ):
            return True
    return False


def _diagnostics(match: DirectiveMatch, app_ports: set[int]) -> Iterator[Diagnostic]:
    server = match.directive
    if (
        _is_app(server)
        or not _shows_a_page(match)
        or not set(server_block_names(server)) <= {"", "_", "localhost"}
    ):
        return
    for listen in listens(server):
        if listen.is_default and listen.directive and listen.port in app_ports:
            index = next((n for n, arg in enumerate(listen.directive.args) if arg.startswith("default")), 0)
            yield at_directive(
                listen.directive,
                f"this site is the default on port {listen.port}: by IP address or any other name "
                "visitors see its page, not the app",
                index,
                hint="remove this site (on Debian the link sites-enabled/default), "
                "or let it only refuse: return 444;",
                fix=by_hand("remove this default site"),
            )


def _is_app(block: ParsedDirective) -> bool:
    """Return True if a server block passes requests on to an app anywhere."""
    return any(each.name in _PASSES for each in block.below())


def _shows_a_page(match: DirectiveMatch) -> bool:
    """Return True if `/` is answered with content. A refusal or a redirect is a deliberate choice."""
    server = match.directive
    roots = [each for each in directives_in(server, "location") if each.args == ("/",)]
    returns = directives_in(server, "return") or (directives_in(roots[0], "return") if roots else ())
    if returns:
        return returns[0].arg().startswith("2")
    if directives_in(server, "rewrite", "deny", "ssl_reject_handshake"):
        return False
    return bool(match.inherited("root")) or bool(
        roots and directives_in(roots[0], "root", "try_files", "alias")
    )


RULE = Rule("N010", "nginx-default-site-shadows", "warning", check)
