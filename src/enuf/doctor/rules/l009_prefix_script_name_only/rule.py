"""A SCRIPT_NAME that is set while the path keeps the prefix (F147)."""

from __future__ import annotations

from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, Pair
from enuf.doctor.facts.links import handles_prefix
from enuf.doctor.facts.nginx import directives_in, is_template, params_in_force
from enuf.doctor.facts.python_import import flask_names
from enuf.doctor.rule import Diagnostic, Rule, at_directive, by_hand


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every SCRIPT_NAME in front of a uWSGI that does not manage script names."""
    for pair in evidence.pairs:
        match = pair.site_pass.match
        parameters = params_in_force(match)
        name, path = parameters.get("SCRIPT_NAME"), parameters.get("PATH_INFO")
        prefix = name.arg(1) if name else ""
        if name is None or not prefix.startswith("/") or prefix == "/" or "$" in prefix:
            continue
        if pair.listener is None or handles_prefix(evidence, pair) or is_template(evidence, name.file):
            continue
        location = match.around("location")
        if match.value("uwsgi_modifier1") == "30" or (location and directives_in(location, "rewrite")):
            continue
        if path and path.arg(1) not in ("$document_uri", "$uri"):
            continue
        yield at_directive(
            name,
            f"SCRIPT_NAME is {prefix}, but PATH_INFO still begins with {prefix}: Flask answers 404",
            1,
            severity="error" if _is_sure(pair) else None,
            hint=f"mount = {prefix}={_target(pair)}  and  manage-script-name = true, without this line",
            fix=by_hand(
                f"in the ini, write `mount = {prefix}={_target(pair)}` and `manage-script-name = true` "
                "in place of module and callable, and drop this line"
            ),
        )


def _is_sure(pair: Pair) -> bool:
    """Return True for a complete configuration with a Flask app whose source is among the files."""
    return pair.server.is_complete and any(
        flask_names(python_file) for python_file in pair.server.python_files
    )


def _target(pair: Pair) -> str:
    if not pair.server.targets:
        return "app:app"
    target = pair.server.targets[0]
    return f"{target.module or target.file}:{target.callable}"


RULE = Rule("L009", "prefix-script-name-only", "warning", check)
