"""An app below a prefix that neither uWSGI nor the app takes off the path (F147)."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, Pair
from enuf.doctor.facts.links import handles_prefix
from enuf.doctor.facts.nginx import directives_in, params_in_force, path_argument, prefix_of
from enuf.doctor.facts.python_import import constants, flask_names
from enuf.doctor.rule import Diagnostic, Rule, at_directive, by_hand

_CHOOSE = frozenset(("SCRIPT_NAME", "PATH_INFO", "UWSGI_APPID", "UWSGI_SCRIPT", "UWSGI_FILE", "UWSGI_MODULE"))
"""Parameters with which a site itself chooses the app or the path that the app sees."""


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every location with a prefix whose uWSGI has no mount, if no source mentions the prefix."""
    at_root = {
        id(pair.server)
        for pair in evidence.pairs
        if prefix_of(pair.site_pass.match.around("location")) in (None, "/")
    }
    for pair in evidence.pairs:
        location = pair.site_pass.match.around("location")
        prefix = (prefix_of(location) or "/").rstrip("/")
        if location is None or not prefix or pair.listener is None or pair.site_pass.protocol != "uwsgi":
            continue
        if id(pair.server) in at_root or directives_in(location, "rewrite", "if", "internal"):
            continue
        changed = _CHOOSE.intersection(_own_params(pair))
        if changed or handles_prefix(evidence, pair) or not _knows_no_prefix(evidence, pair, prefix):
            continue
        yield at_directive(
            location,
            f"the app is asked for {prefix}/..., but it is not mounted there: Flask answers 404",
            path_argument(location),
            hint=f"mount = {prefix}={_target(pair)}  and  manage-script-name = true",
            fix=by_hand(
                f"in the ini, write `mount = {prefix}={_target(pair)}` and `manage-script-name = true` "
                "in place of module and callable"
            ),
        )


def _own_params(pair: Pair) -> tuple[str, ...]:
    """Return the parameters that differ from those of the stock file."""
    stock = {"PATH_INFO": ("$document_uri", "$uri"), "SCRIPT_NAME": ("",)}
    return tuple(
        name
        for name, each in params_in_force(pair.site_pass.match).items()
        if each.arg(1) not in stock.get(name, ())
    )


def _knows_no_prefix(evidence: Evidence, pair: Pair, prefix: str) -> bool:
    """Return True if a Flask app is among the files and no string in them starts with the prefix."""
    if not any(flask_names(python_file) for python_file in pair.server.python_files):
        return False
    return not any(
        text.startswith(prefix) or text.strip("/") == prefix.strip("/")
        for python_file in evidence.python_files
        for text, _ in constants(python_file)
    )


def _target(pair: Pair) -> str:
    target = pair.server.targets[0]
    return f"{target.module or target.file}:{target.callable}"


RULE = Rule("L008", "prefix-without-mount", "warning", check)
