"""A Host header that is not the name which the visitor typed: that of the upstream, or the first name of the site."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.languages import is_of_another_language
from enuf.doctor.facts.listens import server_block_names
from enuf.doctor.facts.nginx import is_template, params_in_force
from enuf.doctor.rule import Diagnostic, Rule, at_directive, write_argument
from enuf.model.finding import Severity
from enuf.syntax.nginx_tree import ParsedDirective

_OF_THIS_MACHINE = ("localhost", "127.0.0.1", "0.0.0.0")  # noqa: S104 - compared, not bound
_ASKS = "the app must know the names that visitors type: Django's ALLOWED_HOSTS, SERVER_NAME, trusted hosts"


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report the Host header of every pass to an app of the project that names another host than the visitor did."""
    seen: set[tuple[str, int]] = set()
    for app_pair in evidence.app_pairs:
        site_pass = app_pair.site_pass
        header = next(
            (
                each
                for name, each in params_in_force(site_pass.match, "proxy_set_header").items()
                if name.lower() == "host"
            ),
            None,
        )
        if header is None or (header.file, header.line) in seen or is_template(evidence, header.file):
            continue
        if site_pass.match.directive.name != "proxy_pass" or is_of_another_language(evidence, site_pass):
            continue
        problem = _problem(header, site_pass.match.around("server"))
        if problem:
            seen.add((header.file, header.line))
            message, severity = problem
            yield at_directive(
                header,
                message,
                1,
                severity=severity,
                hint="proxy_set_header Host $host;",
                fix=write_argument(header, 1, "$host", asks=_ASKS),
            )


def _problem(header: ParsedDirective, server: ParsedDirective | None) -> tuple[str, Severity] | None:
    """Return what the app takes for its host, and how bad that is; None where the header may be right."""
    value = header.arg(1).strip("\"'")
    if value in ("$proxy_host", "${proxy_host}"):
        return (
            "the app sees the name of the upstream as its host, not the name that the visitor typed: links name it",
            "warning",
        )
    if value not in ("$server_name", "${server_name}") or server is None:
        return None
    names = server_block_names(server)
    first = names[0] if names else ""
    if first in _OF_THIS_MACHINE:
        return (
            f"the app sees {first} as its host, whatever the visitor typed: links and redirects lead there",
            "warning",
        )
    if len(names) > 1 and first[:1].isalnum():  # N069 has names that are no names of hosts
        return (
            f"the app sees {first} as its host under every name of this site: links lead away from the others",
            "advice",
        )
    return None


RULE = Rule("N115", "host-of-the-site", "warning", check)
