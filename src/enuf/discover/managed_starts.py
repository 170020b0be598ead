"""App servers of a project that supervisor or runit starts, from the files of these managers."""

from __future__ import annotations

import configparser
import itertools
import posixpath
import re
import shlex
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from string import Template
from typing import Literal

import msgspec

from enuf.discover.project_units import lies_in
from enuf.discover.server_words import ServerWords, server_words

Manager = Literal["supervisor", "runit", "emperor"]
SUPERVISOR_FILES = (
    "supervisor/supervisord.conf", "supervisord.conf", "supervisor/conf.d/*.conf", "supervisord.d/*.ini", "supervisor.d/*.ini",
)  # fmt: skip
RUNIT_FILES = ("service/*/run", "sv/*/run")
VASSAL_FILES = (
    "uwsgi/vassals/*.ini", "uwsgi-emperor/vassals/*.ini", "uwsgi/apps-enabled/*.ini", "uwsgi.d/*.ini",
)  # fmt: skip
_MOST_FILES = 500
_REDIRECTION = re.compile(r"\d*[<>].*|&")
_ASSIGNED = re.compile(r"(export\s+)?([A-Za-z_]\w*)=(.*)")
_EXPANSION = re.compile(r"%\((\w+)\)[sd]|%%")

_UNKNOWN = "__known_to_supervisor_only__"
"""What stands in a text for an expansion that supervisor alone can make."""

Reader = Callable[[Path], str]
"""Returns the text of a file; empty for one that is missing or closed to us."""


class ManagedStart(msgspec.Struct, frozen=True, kw_only=True):
    """A program of a manager that starts an app server."""

    manager: Manager
    name: str
    """The name by which the manager's own command knows the program."""
    file: str
    line: int
    server: ServerWords
    directory: str
    user: str
    variables: tuple[tuple[str, str | None], ...] = ()
    """Variables of the program in their order; None for a value that only the manager knows."""
    folders: tuple[str, ...] = ()
    """Folders with a file for each variable, as envdir reads them."""
    scripts: tuple[str, ...] = ()
    """Shell scripts that the start reads, which may set variables."""
    is_alone: bool = True
    """True where the file holds nothing else than this program."""

    def __repr__(self) -> str:
        """Return the place: the values of variables may be secrets."""
        return " ".join(("ManagedStart", self.manager, self.name, self.file))


def managed_starts(project: Path, read: Reader, etc: Path = Path("/etc")) -> Iterator[ManagedStart]:
    """Yield the programs of supervisor and of runit that serve the project."""
    common: tuple[tuple[str, str | None], ...] = ()
    for path in manager_files(etc, SUPERVISOR_FILES):
        starts, of_all = _of_supervisor(path, read(path))
        common = (*common, *of_all)
        for start in starts:
            if lies_in((start.directory, *start.server.arguments, start.server.path), str(project)):
                yield msgspec.structs.replace(start, variables=(*common, *start.variables))
    seen: set[str] = set()
    for path in manager_files(etc, RUNIT_FILES):
        found = _of_runit(path, read(path))
        if found is None or found.name in seen:
            continue
        if lies_in((found.directory, *found.server.arguments, found.server.path), str(project)):
            seen.add(found.name)
            yield found


def manager_files(etc: Path, patterns: Sequence[str]) -> list[Path]:
    """Return the files of managers, in the order of the patterns, without those in a folder that is closed to this user."""
    return [path for pattern in patterns for path in _paths(etc, pattern)][:_MOST_FILES]


def _paths(etc: Path, pattern: str) -> list[Path]:
    try:
        return sorted(etc.glob(pattern))
    except OSError:
        return []


# -- supervisor


def _of_supervisor(path: Path, text: str) -> tuple[list[ManagedStart], tuple[tuple[str, str | None], ...]]:
    """Return the programs of a file of supervisor, and the variables that it gives to all programs."""
    parser = configparser.RawConfigParser(strict=False, inline_comment_prefixes=(";", "#"))
    try:
        parser.read_string(text)
    except (configparser.Error, UnicodeError):
        return [], ()
    sections = parser.sections()
    groups = {
        program.strip(): section.partition(":")[2]
        for section in sections
        if section.startswith("group:")
        for program in parser.get(section, "programs", fallback="").split(",")
    }
    starts = []
    for section in sections:
        kind, _, name = section.partition(":")
        if kind == "program" and (start := _program(path, text, name.strip(), dict(parser[section]), groups)):
            starts.append(msgspec.structs.replace(start, is_alone=len(sections) == 1))
    common = parser.get("supervisord", "environment", fallback="") if "supervisord" in sections else ""
    return starts, _pairs(common, path, "")


def _program(
    path: Path, text: str, name: str, said: dict[str, str], groups: dict[str, str]
) -> ManagedStart | None:
    def filled(key: str) -> str:
        return _expanded(said.get(key, ""), path, name) or ""

    try:
        server = server_words(shlex.split(filled("command")))
    except ValueError:
        return None
    if server is None:
        return None
    heading = re.search(rf"^\[program:\s*{re.escape(name)}\s*\]", text, re.MULTILINE)
    many = said.get("numprocs", "1").strip() not in ("1", "")
    full = f"{groups[name]}:{name}" if name in groups else f"{name}:*" if many else name
    return ManagedStart(
        manager="supervisor",
        name=full,
        file=str(path),
        line=text.count("\n", 0, heading.start()) + 1 if heading else 1,
        server=server,
        directory=filled("directory"),
        user=filled("user").partition(":")[0],
        variables=_pairs(said.get("environment", ""), path, name),
    )


def _pairs(text: str, path: Path, name: str) -> tuple[tuple[str, str | None], ...]:
    """Return the pairs of `A="1",B=2`, cut as supervisor cuts them; none of a text that it would refuse."""
    lexer = shlex.shlex(_EXPANSION.sub(lambda each: _expanded(each[0], path, name) or _UNKNOWN, text))
    lexer.wordchars += "/.+-():"
    try:
        tokens = list(lexer)
    except ValueError:
        return ()
    groups = [tokens[at : at + 4] for at in range(0, len(tokens), 4)]
    return tuple(
        (group[0], None if _UNKNOWN in group[2] else group[2].strip("'\""))
        for group in groups
        if len(group) >= 3 and group[1] == "="
    )


def _expanded(text: str, path: Path, name: str) -> str | None:
    """Return the text with the expansions that its file decides; None where supervisor's own environment decides."""
    known = {"here": str(path.parent), "program_name": name, "process_num": "0", "group_name": name}
    if any(found[1] and found[1] not in known for found in _EXPANSION.finditer(text)):
        return None
    return _EXPANSION.sub(lambda found: known[found[1]] if found[1] else "%", text)


# -- runit


def _of_runit(path: Path, text: str) -> ManagedStart | None:
    """Return the app server that a `run` script starts; None for another program."""
    shell: dict[str, str] = {}
    exported: dict[str, str | None] = {}
    scripts: list[str] = []
    directory = ""
    joined = text.replace("\\\n", "  ")
    for number, line in enumerate(joined.splitlines(), 1):
        words = _shell_words(line, shell)
        if not words:
            continue
        if words[0] in (".", "source") and len(words) > 1:
            scripts.append(words[1])
        elif words[0] == "cd" and len(words) > 1:
            directory = posixpath.join(directory, words[1])
        elif words[0] == "export" or (len(words) == 1 and _ASSIGNED.fullmatch(words[0])):
            _assign(words, shell, exported)
        elif (server := server_words(words)) is not None:
            before = words[: words.index(server.path)] if server.path in words else []
            found = _chpst(before)
            arguments = tuple(word for word in server.arguments if not _REDIRECTION.fullmatch(word))
            return ManagedStart(
                manager="runit",
                name=path.parent.name,
                file=str(path),
                line=number,
                server=msgspec.structs.replace(server, arguments=arguments),
                directory=directory,
                user=found["-u"].partition(":")[0],
                variables=(*exported.items(), *_before(before)),
                folders=tuple(filter(None, (posixpath.join(directory, found["-e"]) if found["-e"] else "",))),
                scripts=tuple(scripts),
            )
    return None


def _shell_words(line: str, shell: dict[str, str]) -> list[str]:
    try:
        return shlex.split(Template(line).safe_substitute(shell), comments=True)
    except ValueError:
        return []


def _assign(words: Sequence[str], shell: dict[str, str], exported: dict[str, str | None]) -> None:
    for word in words[1:] if words[0] == "export" else words:
        name, sign, value = word.partition("=")
        if sign:
            shell[name] = value
        if words[0] == "export":
            value = shell.get(name, "")
            exported[name] = None if "$" in value or "`" in value else value


def _before(words: Sequence[str]) -> list[tuple[str, str | None]]:
    """Return the variables of `exec env A=1 B=2 gunicorn …`."""
    pairs = (word.partition("=") for word in words if _ASSIGNED.fullmatch(word))
    return [(name, None if "$" in value else value) for name, _, value in pairs]


def _chpst(words: Sequence[str]) -> dict[str, str]:
    """Return the user and the folder of variables of `chpst -u USER -e DIR`, `setuidgid USER` and `envdir DIR`."""
    found = {"-u": "", "-e": ""}
    for word, after in itertools.pairwise(words):
        name = posixpath.basename(word)
        key = {"setuidgid": "-u", "envdir": "-e"}.get(name, word)
        if key in found:
            found[key] = after
    return found
