"""A Django project that answers 400 to the name under which nginx serves it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from enuf.doctor.evidence import AnyServer, Evidence, Pass
from enuf.doctor.facts.deployed_variables import deployed_variables
from enuf.doctor.facts.django import DjangoSetting, django_setting, last_assignment
from enuf.doctor.facts.listens import server_block_names
from enuf.doctor.facts.nginx import hides_lines, is_template, params_in_force
from enuf.doctor.rule import Diagnostic, Rule, at_line, at_node, by_hand

_VARIABLE = re.compile(r"(?:environ(?:\.get)?|getenv|config|env(?:\.list)?)[(\[]['\"](\w*HOSTS?\w*)['\"]")
_LOCAL = ("localhost", ".localhost", "127.0.0.1", "[::1]")
"""What Django takes in debug mode while ALLOWED_HOSTS is empty."""


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every literal ALLOWED_HOSTS that refuses all requests, or those to each name of the site in front."""
    pairs: list[tuple[Pass, AnyServer]] = [(pair.site_pass, pair.server) for pair in evidence.pairs]
    pairs += [(pair.site_pass, pair.server) for pair in evidence.app_pairs]
    yield from _of_variables(evidence, pairs)
    for site_pass, server in pairs:
        hosts = django_setting(evidence, server, "ALLOWED_HOSTS")
        debug = django_setting(evidence, server, "DEBUG")
        if hosts is None or not isinstance(hosts.value, list | tuple) or debug is None:
            continue
        if any(not isinstance(each, str) for each in hosts.value):
            continue  # `ALLOWED_HOSTS = [...],` is a tuple of a list: another fault than a host that is refused
        if not hosts.value and debug.value is False:
            yield _diagnostic(
                hosts, "Django answers 400 to every request: no host is allowed", "shop.example.com"
            )
            continue
        allowed = [str(each).lower() for each in hosts.value] or (list(_LOCAL) if debug.value is True else [])
        names = _names(evidence, site_pass)
        if names == [] and _is_for_everybody(evidence, site_pass) and allowed and set(allowed) <= set(_LOCAL):
            yield _diagnostic(
                hosts,
                "Django answers 400 to visitors from other machines: only names of this machine are allowed",
                "shop.example.com",
                severity="advice",
            )
        if names and allowed and not any(_is_allowed(name, allowed) for name in names):
            yield _diagnostic(
                hosts,
                f"Django answers 400 to requests for {names[0]}, the name of the site in front",
                names[0],
                evidence=(f"{site_pass.named_by.file}:{site_pass.named_by.line}: passes on to this app",),
            )


def _of_variables(evidence: Evidence, pairs: list[tuple[Pass, AnyServer]]) -> Iterator[Diagnostic]:
    """Report the first variable of a deployment that allows names of this machine alone to an app for everybody."""
    seen: set[tuple[str, int]] = set()
    for site_pass, server in pairs:
        found = last_assignment(evidence, server, "ALLOWED_HOSTS")
        name = _VARIABLE.search(ast.unparse(found[1].value)) if found else None
        variable = deployed_variables(evidence, server).by_name.get(name[1]) if name else None
        if variable is None or (variable.file, variable.line) in seen or "$" in variable.value:
            continue
        hosts = [each for each in re.split(r"[\s,;]+", variable.value.lower()) if each]
        names = _names(evidence, site_pass)
        refused = bool(names) and not any(_is_allowed(each, hosts) for each in names)
        if hosts and set(hosts) <= set(_LOCAL) and (refused or _is_for_everybody(evidence, site_pass)):
            seen.add((variable.file, variable.line))
            yield at_line(
                variable.file,
                variable.line,
                f"Django answers 400 to visitors from other machines: {variable.name} allows names of this machine alone",
                severity=None if refused else "advice",
                hint=f"{variable.name}={names[0] if names else 'shop.example.com'}",
                fix=by_hand("add the name that visitors type"),
            )


def _diagnostic(hosts: DjangoSetting, message: str, name: str, **rest: object) -> Diagnostic:
    return at_node(
        hosts.python_file.path,
        hosts.node,
        message,
        hint=f'ALLOWED_HOSTS = ["{name}"]',
        fix=by_hand(f"add {name} to ALLOWED_HOSTS"),
        **rest,
    )


def _names(evidence: Evidence, site_pass: Pass) -> list[str]:
    """Return the plain names of the server block, none where the app may get another Host."""
    match = site_pass.match
    server = match.around("server")
    if server is None or is_template(evidence, server.file):
        return []
    if match.directive.name == "proxy_pass":
        header = params_in_force(match, "proxy_set_header").get("Host")
        if header is None or header.arg(1) not in ("$host", "$http_host"):
            return []
    elif "HTTP_HOST" in params_in_force(match):
        return []
    names = [name for name in server_block_names(server) if name and name != "_"]
    plain = [name for name in names if "." in name and not name.startswith("~") and "$" not in name]
    return [name.removeprefix("*.").removeprefix(".") for name in plain] if len(plain) == len(names) else []


def _is_for_everybody(evidence: Evidence, site_pass: Pass) -> bool:
    """Return True for a server block without names, in a whole file, that hands the visitor's host on."""
    match = site_pass.match
    server = match.around("server")
    if server is None or is_template(evidence, server.file) or hides_lines(site_pass.site, server.file):
        return False
    if match.directive.name == "proxy_pass":
        header = params_in_force(match, "proxy_set_header").get("Host")
        if header is None or header.arg(1) not in ("$host", "$http_host"):
            return False
    elif "HTTP_HOST" in params_in_force(match):
        return False
    local = any(
        listen.args and listen.arg().startswith(("127.", "[::1]", "localhost"))
        for listen in server.inside("listen")
    )
    return not local and all(name in ("", "_") for name in server_block_names(server))


def _is_allowed(name: str, allowed: list[str]) -> bool:
    return any(
        each in ("*", name) or (each.startswith(".") and (name == each[1:] or name.endswith(each)))
        for each in allowed
    )


RULE = Rule("A029", "django-refuses-the-host", "warning", check)
