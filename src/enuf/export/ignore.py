"""`.dockerignore`: the files that never enter an image, and the rule by which builders read the file."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

SIGNATURE = "# enuf export "
"""The begin of the last line of every exported file, by which an edit is noticed."""
HEAD = "# Written by enuf export."
OWN_LINES = "# --- Of this project's own .dockerignore ---"
_GROUPS = (
    (
        "Secrets: the engine gives them to the container, and no image holds them.",
        ("**/.env", "**/.env.*", "**/*.env", "**/.flaskenv", "**/*.key", "**/*.p12", "**/*.pfx", "**/id_rsa*", "**/id_ed25519*"),
    ),
    (
        "Credentials of programs.",
        ("**/.netrc", "**/.pypirc", "**/.pgpass", "**/.my.cnf", "**/.npmrc", "**/.htpasswd", "**/.aws", "**/.ssh", "**/.kube"),
    ),
    (
        "History and tools.",
        (
            *("**/.git", "**/.hg", "**/.svn", "**/.idea", "**/.vscode", "**/node_modules"),
            *("docker-compose*.yml", "docker-compose*.yaml", "compose*.yml", "compose*.yaml"),
        ),
    ),
    (
        "What another machine has made: the image makes its own.",
        (
            *("**/.venv", "**/__pycache__", "**/*.pyc", "**/*.pyo", "**/*.egg-info"),
            *("**/.tox", "**/.nox", "**/.mypy_cache", "**/.pytest_cache", "**/.ruff_cache", "**/.coverage"),
        ),
    ),
    ("Of a running enuf: sockets, logs, certificates.", ("**/.enuf",)),
)  # fmt: skip
_SPECIAL = re.compile(r"[.+^$(){}|\\]")


def ignore_text(more: Sequence[str], kept: Sequence[str], own: Sequence[str]) -> str:
    """Return the file: the lines of every project, `more` for this one, what is `kept` all the same, and its `own` lines."""
    parts = [f"{HEAD} A file that is listed here is not in the image.\n"]
    parts += [_group(title, lines) for title, lines in _GROUPS]
    if more:
        parts.append(
            _group(
                "Of this project: data that it writes, environments, and what the image does not need.", more
            )
        )
    if kept:
        parts.append(_group("In the image all the same.", [f"!{name}" for name in kept]))
    if own:
        parts.append(f"{OWN_LINES}\n" + "".join(f"{line}\n" for line in own))
    return "\n".join(parts)


def _group(title: str, lines: Iterable[str]) -> str:
    return "".join((f"# {title}\n", *(f"{line}\n" for line in lines)))


def own_lines(text: str) -> tuple[str, ...]:
    """Return the lines of a project's own `.dockerignore`, also where enuf has written them into its own."""
    if text.startswith(HEAD):
        text = text.partition(f"{OWN_LINES}\n")[2]
    lines = (line.rstrip() for line in text.splitlines())
    return tuple(line for line in lines if line and not line.startswith(SIGNATURE))


def patterns_of(text: str) -> tuple[str, ...]:
    """Return the patterns of a file, without comments and empty lines."""
    return tuple(
        line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")
    )


def is_ignored(path: str, lines: Sequence[str]) -> bool:
    """Return True for a path, relative to the context, that a builder leaves out: the last line that fits decides."""
    ignored = False
    for line in lines:
        pattern = line.removeprefix("!")
        if _expression(pattern).match(path):
            ignored = not line.startswith("!")
    return ignored


@lru_cache(maxsize=1000)
def _expression(pattern: str) -> re.Pattern[str]:
    """Return the expression of a pattern, which fits a path and everything below it."""
    cleaned = pattern.strip().strip("/").removeprefix("./")
    pieces, position = [], 0
    while position < len(cleaned):
        if cleaned.startswith("**/", position):
            pieces.append("(?:.*/)?")
            position += 3
        elif cleaned.startswith("**", position):
            pieces.append(".*")
            position += 2
        else:
            pieces.append(_one(cleaned[position]))
            position += 1
    return re.compile("".join(pieces) + r"(?:/|\Z)", re.DOTALL)


def _one(character: str) -> str:
    if character == "*":
        return "[^/]*"
    if character == "?":
        return "[^/]"
    return _SPECIAL.sub(lambda match: "\\" + match[0], character)
