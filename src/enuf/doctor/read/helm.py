"""The templates of Helm charts, filled in with the values of the chart as far as that needs no Helm."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence

import msgspec

from enuf.doctor.evidence import SourceFile
from enuf.syntax.yaml_outline import YamlNode, read_outline

_ACTION = re.compile(r"\{\{-?[ \t]*(.{0,500}?)[ \t]*-?\}\}")
_ALONE = re.compile(r"[ \t]*(?:\{\{-?.{0,500}?-?\}\}[ \t]*)+")
_VALUE = re.compile(r"\.Values((?:\.\w+)+)((?:[ \t]*\|.*)?)")
_DEFAULT = re.compile(r"\|[ \t]*default[ \t]+(\"[^\"]*\"|[\w.-]+)")
_OPENS, _NAMES = ("if", "with", "range", "define", "block"), re.compile(r"[^a-zA-Z0-9]+")
_CALL = re.compile(r"^(?:include|template)[ \t]+")
"""Both print the same named template."""
_DEPTH_LIMIT = 50


def fill_charts(files: Sequence[SourceFile]) -> Iterator[SourceFile]:
    """Yield the files, with each manifest of a chart filled in; line numbers stay as they are."""
    charts = {posixpath.dirname(file.path) for file in files if posixpath.basename(file.path) == "Chart.yaml"}
    texts = {file.path: file.text for file in files} if charts else {}
    values = {chart: read_outline(texts.get(f"{chart}/values.yaml", "")) for chart in charts}
    for file in files:
        chart = next((each for each in charts if file.path.startswith(f"{each}/templates/")), None)
        if chart is not None and file.kind == "kubernetes" and "{{" in file.text:
            yield msgspec.structs.replace(file, text=fill(file.text, values[chart]))
        else:
            yield file


def fill(text: str, values: YamlNode) -> str:
    """Return a template with known values filled in, without the lines of `else` and of definitions.

    An unknown value becomes `$VALUES`, which no reader takes for a value; another expression a word made of its text.
    """
    lines: list[str] = []
    blocks: list[str] = []
    for line in text.splitlines():
        kept = not any(block in ("else", "define") for block in blocks)
        alone = _ALONE.fullmatch(line) is not None
        for action in _ACTION.findall(line):
            _enter(action.split(" ")[0], blocks)
        lines.append(_ACTION.sub(lambda match: _filled(match[1], values), line) if kept and not alone else "")
    return "\n".join(lines) + "\n"


def _enter(word: str, blocks: list[str]) -> None:
    """Follow an action into a block, into its other branch, or out of it."""
    if word in _OPENS and len(blocks) < _DEPTH_LIMIT:
        blocks.append(word)
    elif word == "else" and blocks:
        blocks[-1] = "else"
    elif word == "end" and blocks:
        blocks.pop()


def _filled(action: str, values: YamlNode) -> str:
    named = _VALUE.fullmatch(action)
    if named:
        node = values.at(*named[1].strip(".").split("."))
        default = _DEFAULT.search(named[2])
        text = node.text if node and not node.members and not node.items else ""
        return text or (default[1].strip('"') if default else "$VALUES")
    if action.split(" ", maxsplit=1)[0] in (*_OPENS, "end", "else") or action.startswith("/*"):
        return ""
    words = _CALL.sub("", action.partition("|")[0])
    return _NAMES.sub("-", words).strip("-").lower() or "$VALUES"
