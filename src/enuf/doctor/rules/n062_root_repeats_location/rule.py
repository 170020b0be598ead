"""A `root` that ends with the path of its location, where `alias` is meant: nginx looks for the path twice."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence
from enuf.doctor.facts.nginx import directives_in, is_template, prefix_of
from enuf.doctor.rule import Diagnostic, Rule, at_directive, by_hand
from enuf.syntax.nginx_tree import ParsedDirective


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every root whose last parts are the location's path, unless the folder holds that path again."""
    for site in evidence.sites:
        for match in site.find("location"):
            location = match.directive
            path = _path(location)
            roots = directives_in(location, "root")
            root = roots[-1].arg().rstrip("/") if roots else ""
            if not path or root.startswith("$") or not f"{root}/".endswith(f"{path}/"):
                continue
            fact = evidence.fact(root)
            is_here = fact.kind == "folder"
            if is_template(evidence, location.file) or (is_here and _is_inside(evidence, root, path)):
                continue
            falls_back = bool(directives_in(location, "try_files"))
            folder = root.removesuffix(path)
            yield at_directive(
                roots[-1],
                f"root adds the whole path: {path}/a.css is looked up as {root}{path}/a.css",
                severity="advice" if falls_back else "error" if is_here else None,
                hint=f"alias {root}/;" if folder == "" else f"root {folder};  or  alias {root}/;",
                fix=by_hand(f"write `alias {root}/;`"),
            )


def _path(location: ParsedDirective) -> str:
    """Return the path of a plain location without the slash at its end, empty for `/` and for patterns."""
    prefix = prefix_of(location) or ""
    if not prefix and len(location.args) == 2 and location.arg() == "~" and location.arg(1).startswith("^/"):
        pattern = location.arg(1)[1:].rstrip("/")
        prefix = pattern if pattern.replace("/", "").replace("-", "").replace("_", "").isalnum() else ""
    return prefix.rstrip("/")


def _is_inside(evidence: Evidence, root: str, path: str) -> bool:
    first = posixpath.normpath(path).strip("/").partition("/")[0]
    return first in evidence.fact(root).names


RULE = Rule("N062", "root-repeats-location", "warning", check)
