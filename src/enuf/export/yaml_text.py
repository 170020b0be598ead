"""Values as YAML that people read: in the order in which they are given, with the reason above a line where there is one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
import yaml

WIDTH = 120


class Noted(msgspec.Struct, frozen=True):
    """A value of a mapping or a list, and the comment above its line."""

    value: Any
    why: str


class _Printer(yaml.SafeDumper):
    """Writes a text of several lines as a block, and every collection on lines of its own."""

    def ignore_aliases(self, data: Any) -> bool:
        """Return True: a value that stands twice is written twice."""
        return True


def _scalar(printer: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = "|" if "\n" in value else None
    return printer.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Printer.add_representer(str, _scalar)


def yaml_text(value: Any, head: str = "") -> str:
    """Return a document. Its values may be Noted; `head` is a comment above all."""
    comments: dict[tuple[str | int, ...], str] = {}
    text = yaml.dump(
        _bare(value, (), comments), Dumper=_Printer, sort_keys=False, width=WIDTH, allow_unicode=True
    )
    lines = text.splitlines()
    for line, column, why in sorted(_places(yaml.compose(text), comments), reverse=True):
        lines[line:line] = [f"{' ' * column}# {each}" for each in why.splitlines()]
    return "".join(f"{line}\n" for line in (*(f"# {each}".rstrip() for each in head.splitlines()), *lines))


def _bare(value: Any, path: tuple[str | int, ...], comments: dict[tuple[str | int, ...], str]) -> Any:
    """Return a value without its comments, which are kept by their paths."""
    if isinstance(value, Noted):
        comments[path] = value.why
        return _bare(value.value, path, comments)
    if isinstance(value, Mapping):
        return {key: _bare(each, (*path, key), comments) for key, each in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_bare(each, (*path, number), comments) for number, each in enumerate(value)]
    return value


def _places(
    node: yaml.Node | None, comments: Mapping[tuple[str | int, ...], str], path: tuple[str | int, ...] = ()
) -> Iterator[tuple[int, int, str]]:
    """Yield the line, the column and the text of each comment."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            here = (*path, key.value)
            if here in comments:
                yield key.start_mark.line, key.start_mark.column, comments[here]
            yield from _places(value, comments, here)
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            here = (*path, number)
            if here in comments:
                yield value.start_mark.line, max(0, value.start_mark.column - 2), comments[here]
            yield from _places(value, comments, here)
