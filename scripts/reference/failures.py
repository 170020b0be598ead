"""The tables of exit codes and error slugs."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from scripts.reference.texts import ROOT, Texts, table

from enuf import errors
from enuf.cli.errors import USAGE
from enuf.errors import INTERRUPTED


def exit_codes(texts: Texts) -> str:
    """Return the table of exit codes."""
    rows = ((f"`{code}`", texts.of("exit_codes", code)) for code in texts.facts["exit_codes"])
    return table((texts.words["code"], texts.words["means"]), rows)


def slugs(texts: Texts) -> str:
    """Return the table of slugs with exit code, meaning and cure."""
    rows = sorted((code, slug) for slug, code in slugs_in_code().items())
    words = texts.words
    return table(
        (words["slug"], words["code"], words["means"], words["cure"]),
        ((f"`{slug}`", str(code), *_slug(texts, slug)) for code, slug in rows),
    )


def _slug(texts: Texts, slug: str) -> tuple[str, str]:
    return texts.of(f"slugs.{slug}", "means"), texts.of(f"slugs.{slug}", "cure")


def slugs_in_code() -> dict[str, int]:
    """Return every slug that the source can raise with its exit code, from classes and calls."""
    kinds: list[type[errors.EnufError]] = [errors.EnufError, *errors.EnufError.__subclasses__()]
    known = {kind.__name__: kind for kind in kinds}
    codes = {kind.slug: kind.exit_code for kind in kinds}
    for file in sorted((ROOT / "src").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                for slug in _slugs_of(node):
                    codes[slug] = known[_name_of(node.func)].exit_code
    return {**codes, "usage": USAGE, "interrupted": INTERRUPTED}


def _slugs_of(call: ast.Call) -> Iterator[str]:
    for keyword in call.keywords:
        if keyword.arg == "slug" and isinstance(keyword.value, ast.Constant) and keyword.value.value:
            yield str(keyword.value.value)


def _name_of(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else ast.unparse(node)
