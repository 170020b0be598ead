"""An app below a prefix that it knows nothing about (F147)."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, Pair
from enuf.doctor.facts.links import handles_prefix
from enuf.doctor.facts.nginx import own, params, path_argument, prefix_of
from enuf.doctor.facts.programs import constants, flask_names
from enuf.doctor.rule import Rule, Sign, at_directive, by_hand

_CHOOSE = frozenset(("SCRIPT_NAME", "PATH_INFO", "UWSGI_APPID", "UWSGI_SCRIPT", "UWSGI_FILE", "UWSGI_MODULE"))
"""Parameters with which a site chooses the app, or its path, by itself."""


def check(evidence: Evidence) -> Iterator[Sign]:
    """Every location with a prefix whose uWSGI has no mount, when no source so much as names the prefix."""
    at_root = {
        id(pair.server)
        for pair in evidence.pairs
        if prefix_of(pair.way.found.around("location")) in (None, "/")
    }
    for pair in evidence.pairs:
        location = pair.way.found.around("location")
        prefix = (prefix_of(location) or "/").rstrip("/")
        if location is None or not prefix or pair.listener is None or pair.way.protocol != "uwsgi":
            continue
        if id(pair.server) in at_root or own(location, "rewrite", "if", "internal"):
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
    """The parameters that do not come from the stock file with their stock values."""
    stock = {"PATH_INFO": ("$document_uri", "$uri"), "SCRIPT_NAME": ("",)}
    return tuple(
        name for name, each in params(pair.way.found).items() if each.arg(1) not in stock.get(name, ())
    )


def _knows_no_prefix(evidence: Evidence, pair: Pair, prefix: str) -> bool:
    """True when a Flask app was found, and none of the sources holds a text that begins with the prefix."""
    if not any(flask_names(program) for program in pair.server.programs):
        return False
    return not any(
        text.startswith(prefix) or text.strip("/") == prefix.strip("/")
        for program in evidence.programs
        for text, _ in constants(program)
    )


def _target(pair: Pair) -> str:
    target = pair.server.targets[0]
    return f"{target.module or target.file}:{target.callable}"


RULE = Rule("L008", "prefix-without-mount", "warning", check)
