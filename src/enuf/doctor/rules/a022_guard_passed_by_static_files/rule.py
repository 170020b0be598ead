"""An app that asks every visitor for a password, and an nginx that hands out its static files by itself."""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Iterator

from enuf.doctor.evidence import Evidence, PythonFile
from enuf.doctor.facts.nginx import directives_in
from enuf.doctor.facts.served import ServedFolder, names_in_folder, served_folders
from enuf.doctor.rule import Diagnostic, Rule, at_directive
from enuf.syntax.nginx_tree import NginxConfig

_PUBLIC = (
    ".css", ".js", ".mjs", ".map", ".png", ".jpg", ".jpeg", ".gif", ".svg", ".ico", ".webp", ".avif", ".woff", ".woff2", ".ttf", ".otf", ".eot",
    ".txt", ".webmanifest", ".scss", ".less", ".md", ".html",
)  # fmt: skip
_HOOKS = ("before_request", "before_app_request")
_REFUSALS = ("401", "403")
_GUARDS = ("auth_basic", "auth_request", "allow", "deny", "internal")


def check(evidence: Evidence) -> Iterator[Diagnostic]:
    """Report every static folder of an app that guards all requests in Python."""
    guards = [(python_file, node) for python_file in evidence.python_files if (node := _guard(python_file))]
    if not guards:
        return
    python_file, node = guards[0]
    for site in evidence.sites:
        if not any(each.site is site for each in evidence.passes):
            continue
        for served in served_folders(site):
            if served.prefix == "/" or not _is_of_app(served, python_file) or _is_guarded(served):
                continue
            beside = posixpath.join(posixpath.dirname(python_file.path), posixpath.basename(served.folder))
            private = _private(evidence, site, served.folder) or _private(evidence, site, beside)
            yield at_directive(
                served.directive,
                f"the app asks every visitor for a password, and nginx hands out {served.prefix} without asking the app, {private} too"
                if private
                else f"the app asks every visitor for a password, and nginx hands out {served.prefix} without asking the app",
                severity="warning" if private else None,
                hint="keep private files out of this folder; serve them by the app, with X-Accel-Redirect",
                evidence=(f"{python_file.path}:{getattr(node, 'lineno', 1)}: the guard of all requests",),
            )


def _guard(python_file: PythonFile) -> ast.AST | None:
    """Return the hook that turns visitors away before every request, None if it lets static files pass."""
    text = python_file.text
    if "BASIC_AUTH_FORCE" in text:
        return python_file.tree
    if not any(hook in text for hook in _HOOKS):
        return None
    for node in ast.walk(python_file.tree) if python_file.tree else ():
        if isinstance(node, ast.FunctionDef) and any(_is_hook(each) for each in node.decorator_list):
            body = ast.get_source_segment(text, node) or ""
            if any(code in body for code in _REFUSALS) and "static" not in body:
                return node
    return None


def _is_hook(decorator: ast.expr) -> bool:
    target = decorator.func if isinstance(decorator, ast.Call) else decorator
    return isinstance(target, ast.Attribute) and target.attr in _HOOKS


def _is_of_app(served: ServedFolder, python_file: PythonFile) -> bool:
    """Return True for a folder beside the app, or one with the name of Flask's static folder."""
    return posixpath.basename(served.folder) == "static" or served.folder.startswith(
        f"{posixpath.dirname(python_file.path)}/"
    )


def _is_guarded(served: ServedFolder) -> bool:
    blocks = [
        served.server,
        *(
            each
            for each in directives_in(served.server, "location")
            if served.directive in (each.block or ())
        ),
    ]
    return any(directives_in(block, *_GUARDS) for block in blocks)


def _private(evidence: Evidence, site: NginxConfig, folder: str) -> str:
    """Return the name of a file in the folder that is no stylesheet, script, picture or font."""
    names = names_in_folder(evidence, site, folder)
    return next(
        (name for name in names if "." in name[1:] and not name.lower().endswith(_PUBLIC) and name[0] != "."),
        "",
    )


RULE = Rule("A022", "guard-passed-by-static-files", "advice", check)
