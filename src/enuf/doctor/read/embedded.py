"""Configurations inside of other files: in ConfigMaps, in `configs:` of compose files, and in `files:` of Elastic Beanstalk."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from enuf.doctor.container import EMBEDDED_SIGN
from enuf.doctor.evidence import SourceFile
from enuf.syntax.yaml_outline import YamlNode, read_documents

_EMBEDDED_LIMIT = 100
_DOCUMENTS_LIMIT = 200
_BEANSTALK_FOLDER = "/.ebextensions/"


def embedded_texts(file: SourceFile) -> Iterator[tuple[str, str]]:
    """Yield a path and a text for each file that another one carries. The lines are those of the file around it.

    The path is that of the file around it, then EMBEDDED_SIGN and the name of what is carried.
    """
    if file.kind == "kubernetes" and "{{" not in file.text:
        found = _in_manifest(file.text)
    elif file.kind == "compose" and "content:" in file.text:
        found = _in_compose(file.text)
    elif file.kind == "other" and _BEANSTALK_FOLDER in file.path and "files:" in file.text:
        found = _in_beanstalk(file.text)
    else:
        return
    for name, node in islice(found, _EMBEDDED_LIMIT):
        first, body = node.block
        text = body.replace("$$", "$") if file.kind == "compose" else body
        yield f"{file.path}{EMBEDDED_SIGN}{name}", "\n" * (first - 1) + text + "\n"


def _in_manifest(text: str) -> Iterator[tuple[str, YamlNode]]:
    for document in read_documents(text)[:_DOCUMENTS_LIMIT]:
        for each in (document, *document.each("items")):
            if each.word("kind") == "ConfigMap":
                for name, node in _blocks(each.at("data")):
                    yield f"{each.word('metadata', 'name')}/{name}", node


def _in_compose(text: str) -> Iterator[tuple[str, YamlNode]]:
    for document in read_documents(text)[:1]:
        configs = document.at("configs")
        for name, node in (configs.members if configs else {}).items():
            content = node.at("content")
            if content and content.block[0]:
                yield f"configs/{name}", content


def _in_beanstalk(text: str) -> Iterator[tuple[str, YamlNode]]:
    for document in read_documents(text)[:1]:
        files = document.at("files")
        for name, node in (files.members if files else {}).items():
            content = node.at("content")
            if content and content.block[0]:
                yield name.strip("\"'").lstrip("/"), content


def _blocks(data: YamlNode | None) -> Iterator[tuple[str, YamlNode]]:
    for name, node in (data.members if data else {}).items():
        if node.block[0]:
            yield name, node
