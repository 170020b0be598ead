"""The instructions of a Dockerfile, and the words in them."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator

import msgspec

from enuf.syntax.unit import COMMAND_LIMIT

INSTRUCTIONS = frozenset(
    [
        "ADD",
        "ARG",
        "CMD",
        "COPY",
        "ENTRYPOINT",
        "ENV",
        "EXPOSE",
        "FROM",
        "HEALTHCHECK",
        "LABEL",
        "MAINTAINER",
        "ONBUILD",
        "RUN",
        "SHELL",
        "STOPSIGNAL",
        "USER",
        "VOLUME",
        "WORKDIR",
    ]
)
_DIRECTIVE = re.compile(r"#[ \t]*([A-Za-z]+)[ \t]*=[ \t]*(\S+)")
_HEREDOC = re.compile(r"(?<!<)\d*<<-?[ \t]*[\"']?([A-Za-z_]\w*)[\"']?(?!<)")
_WITH_HEREDOCS = ("ADD", "COPY", "RUN", "ONBUILD")
_OPTION = re.compile(r"--([\w-]+)(?:=(\S*))?\s+")
_ENV_PAIR = re.compile(r'(?<!\w)([A-Za-z_]\w*)=("[^"]*+"|\'[^\']*+\'|\S*)')


class WrittenLine(msgspec.Struct, frozen=True):
    """A line of a Dockerfile with the lines that continue it."""

    line: int
    word: str
    """The first word in capitals: the name of an instruction, or what stands in its place."""
    rest: str
    body: str = ""
    """The lines of its here-documents."""


def directives_of(text: str) -> dict[str, str]:
    """Return the parser directives at the top of a Dockerfile: `# syntax=…`, `# escape=…`."""
    found: dict[str, str] = {}
    for line in text.removeprefix("\ufeff").splitlines():
        match = _DIRECTIVE.fullmatch(line.strip())
        if match is None:
            break
        found.setdefault(match[1].lower(), match[2])
    return found


def logical_lines(text: str) -> Iterator[WrittenLine]:
    """Yield every line that Docker takes for an instruction, also one with an unknown name."""
    escape = "`" if directives_of(text).get("escape") == "`" else "\\"
    waiting: list[str] = []
    first = 0
    lines = iter(enumerate(text.removeprefix("\ufeff").splitlines(), 1))
    for line_number, raw in lines:
        line = raw.strip()
        if line.startswith("#") or (not line and waiting):
            continue
        first = first if waiting else line_number
        waiting.append(line.removesuffix(escape))
        if line.endswith(escape):
            continue
        written = _written(first, " ".join(waiting))
        waiting = []
        ends = _HEREDOC.findall(written.rest) if written and written.word in _WITH_HEREDOCS else ()
        body = [each for end in ends for each in _until(end, lines)]
        if written:
            yield msgspec.structs.replace(written, body="\n".join(body)) if body else written


def _written(line: int, text: str) -> WrittenLine | None:
    words = text[:COMMAND_LIMIT].split(maxsplit=1)
    return WrittenLine(line, words[0].upper(), words[1].strip() if len(words) > 1 else "") if words else None


def _until(end: str, lines: Iterator[tuple[int, str]]) -> Iterator[str]:
    """Yield the lines of a here-document, without the word that ends it."""
    for _, line in lines:
        if line.strip() == end:
            return
        yield line


def instructions(text: str) -> Iterator[tuple[int, str, str]]:
    """Yield the first line, the name and the rest of each instruction; the rest of RUN holds its here-documents."""
    for each in logical_lines(text):
        if each.rest and each.word.isalpha():
            yield each.line, each.word, f"{each.rest}\n{each.body}" if each.body else each.rest


def variables_of(rest: str) -> dict[str, str]:
    """Return the variables of an ENV line."""
    pairs = {key: value.strip("\"'") for key, value in _ENV_PAIR.findall(rest)}
    if not pairs:
        key, _, value = rest.partition(" ")
        return {key: value.strip()}
    return pairs


def exec_form(text: str) -> list[str] | None:
    """Return the words of `["uwsgi", "--ini", "x.ini"]`, None for the shell form."""
    if not text.startswith("["):
        return None
    try:
        words = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return [str(word) for word in words] if isinstance(words, list) else None


def copy_words(rest: str) -> tuple[dict[str, str], list[str]]:
    """Return the options of a COPY or an ADD by name, and the sources with the target, in either form."""
    options: dict[str, str] = {}
    while found := _OPTION.match(rest):
        options[found[1]] = found[2]
        rest = rest[found.end() :]
    return options, exec_form(rest) or shell_words(rest)


def command_words(text: str) -> tuple[str, ...]:
    """Return the words of an ENTRYPOINT or CMD in either form; the shell form as `sh -c TEXT`."""
    words = exec_form(text)
    return tuple(words) if words is not None else ("sh", "-c", text)


def split_words(text: str) -> tuple[str, ...]:
    """Return the words of a text as compose splits a command: as a shell does, and without one."""
    return tuple(shell_words(text.replace("$$", "$")))


def shell_words(text: str) -> list[str]:
    """Return the words of a text as a shell splits it, or at white space where a quote is never closed."""
    try:
        return shlex.split(text[:COMMAND_LIMIT])
    except ValueError:
        return text.split()
