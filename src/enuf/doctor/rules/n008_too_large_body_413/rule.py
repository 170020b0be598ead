"""Uploads that the app accepts and nginx stops at its own limit (F156)."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, PythonFile
from enuf.doctor.facts.nginx import has_unseen_include, is_complete_site, python_passes
from enuf.doctor.facts.python_import import dotted
from enuf.doctor.rule import Diagnostic, Rule, at_directive, by_hand
from enuf.syntax.nginx_values import size_in_bytes

_DEFAULT = 1024**2


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every uwsgi_pass whose body limit is the default, or lower than the limit of the app."""
    passes = list(python_passes(evidence))
    if not passes:
        return  # before all sources are read
    uploads = [python_file for python_file in evidence.python_files if _takes_uploads(python_file)]
    limits = [limit for python_file in evidence.python_files if (limit := _limit(python_file))]
    if not uploads and not limits:
        return
    for site, match in passes:
        written = match.value("client_max_body_size")
        allowed = size_in_bytes(written) if written else _DEFAULT
        if (
            not is_complete_site(site)
            or allowed is None
            or (not written and has_unseen_include(site, site.file))
        ):
            continue
        too_small = bool(allowed and limits and max(limits) > allowed)
        if not too_small and (written or (limits and max(limits) <= allowed)):
            continue
        wanted = f"{-(-max(limits) // 1024**2)}m" if limits else "20m"
        yield at_directive(
            match.directive,
            "the app takes uploads, and nginx answers 413 to everything above "
            + (written or "1 MB, its default"),
            severity="warning" if too_small else None,
            hint=f"client_max_body_size {wanted};",
            fix=by_hand(f"add `client_max_body_size {wanted};` to the server block"),
        )


def _takes_uploads(python_file: PythonFile) -> bool:
    """Return True if the app uses `request.files` or has a form with a file field."""
    if not any(word in python_file.text for word in ("request.files", "FileField", "FileRequired")):
        return False
    for node in python_file.nodes:
        if isinstance(node, ast.Attribute) and node.attr == "files" and dotted(node) == "request.files":
            return True
        if isinstance(node, ast.Call) and dotted(node.func).rpartition(".")[2] in (
            "FileField",
            "FileRequired",
        ):
            return True
    return False


def _limit(python_file: PythonFile) -> int | None:
    """Return the bytes in `app.config["MAX_CONTENT_LENGTH"] = ...`, None if they are no plain arithmetic."""
    if "MAX_CONTENT_LENGTH" not in python_file.text:
        return None
    for node in python_file.nodes:
        if isinstance(node, ast.Assign) and any(_names_limit(target) for target in node.targets):
            return _number(node.value)
        if isinstance(node, ast.keyword) and node.arg == "MAX_CONTENT_LENGTH":
            return _number(node.value)
    return None


def _names_limit(target: ast.expr) -> bool:
    if isinstance(target, ast.Subscript):
        return isinstance(target.slice, ast.Constant) and target.slice.value == "MAX_CONTENT_LENGTH"
    return isinstance(target, ast.Name) and target.id == "MAX_CONTENT_LENGTH"


def _number(node: ast.expr) -> int | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, int):
        return node.value
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.Pow | ast.LShift):
        left, right = _number(node.left), _number(node.right)
        if left is None or right is None or abs(left) > 1 << 40 or abs(right) > 1 << 40:
            return None
        if isinstance(node.op, ast.Mult):
            return left * right
        if isinstance(node.op, ast.LShift):
            return left << right if 0 <= right <= 40 else None
        return left**right if 0 <= right <= 8 and 0 <= left <= 4096 else None
    return None


RULE = Rule("N008", "too-large-body-413", "advice", check)
