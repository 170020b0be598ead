"""SCRIPT_NAME is set, but nobody takes it off the path (F147)."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, Pair
from enuf.doctor.facts.links import handles_prefix
from enuf.doctor.facts.nginx import is_template, own, params
from enuf.doctor.facts.programs import flask_names
from enuf.doctor.rule import Rule, Sign, at_directive, by_hand


def check(evidence: Evidence) -> Iterator[Sign]:
    """Every SCRIPT_NAME in front of a uWSGI that does not manage it."""
    for pair in evidence.pairs:
        found = pair.way.found
        held = params(found)
        name, path = held.get("SCRIPT_NAME"), held.get("PATH_INFO")
        prefix = name.arg(1) if name else ""
        if name is None or not prefix.startswith("/") or prefix == "/" or "$" in prefix:
            continue
        if pair.listener is None or handles_prefix(evidence, pair) or is_template(evidence, name.file):
            continue
        location = found.around("location")
        if found.value("uwsgi_modifier1") == "30" or (location and own(location, "rewrite")):
            continue
        if path and path.arg(1) not in ("$document_uri", "$uri"):
            continue
        yield at_directive(
            name,
            f"the app is told that it lives at {prefix}, but the path still begins with it: Flask answers 404",
            1,
            severity="error" if _is_sure(pair) else None,
            hint=f"mount = {prefix}={_target(pair)}  and  manage-script-name = true, without this line",
            fix=by_hand(
                f"in the ini, write `mount = {prefix}={_target(pair)}` and `manage-script-name = true` "
                "in place of module and callable, and drop this line"
            ),
        )


def _is_sure(pair: Pair) -> bool:
    """True for a whole configuration with a Flask app whose source is here."""
    return pair.server.is_whole and any(flask_names(program) for program in pair.server.programs)


def _target(pair: Pair) -> str:
    if not pair.server.targets:
        return "app:app"
    target = pair.server.targets[0]
    return f"{target.module or target.file}:{target.callable}"


RULE = Rule("L009", "prefix-script-name-only", "warning", check)
