"""A uWSGI command line as getopt and uWSGI read it: options with values, short options, files."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence

from enuf.syntax.uwsgi_aliases import SHORT_OPTIONS
from enuf.syntax.uwsgi_lines import WrittenOption
from enuf.syntax.uwsgi_options import FLAGS, NUMBERS, OPTIONAL, SWITCHES, TEXTS

_KNOWN = FLAGS | NUMBERS | OPTIONAL | SWITCHES | TEXTS
_FILES = {".ini": "ini", ".xml": "xml", ".yaml": "yaml", ".yml": "yaml", ".json": "json", ".js": "json"}


_WORDS_LIMIT = 1000
"""Words of a command line that are read."""


def read_argv(words: Sequence[str], file: str, line: int, source: str = "") -> tuple[WrittenOption, ...]:
    """Return the options of a command line without its program.

    `source` is the line that holds the command, for the columns of the options.
    """
    written = []
    for key, value in _pairs(deque(words[:_WORDS_LIMIT])):
        at = source.find(value) if value else -1
        at = at if at >= 0 else source.find(f"--{key}")
        width = len(value) if value and source.find(value) >= 0 else len(key) + 2
        written.append(
            WrittenOption(
                key=key,
                value=value,
                raw=value,
                file=file,
                line=line,
                column=at + 1 if at >= 0 else 1,
                end_column=at + 1 + width if at >= 0 else 0,
                key_column=max(source.find(f"--{key}"), 0) + 1,
            )
        )
    return tuple(written)


def _pairs(words: deque[str]) -> Iterator[tuple[str, str]]:
    files: list[tuple[str, str]] = []
    while words:
        word = words.popleft()
        if word == "--":
            break
        if word.startswith("--"):
            yield _long(word, words)
        elif word.startswith("-") and len(word) > 1:
            yield from _short(word, words)
        else:
            files += _plain(word)
    yield from files  # uWSGI reads files after all options, in any position


def _long(word: str, words: deque[str]) -> tuple[str, str]:
    name, equals, value = word[2:].partition("=")
    key = _whole(name)
    if equals:
        return key, value
    if key in FLAGS or key in SWITCHES:
        return key, "true"
    if key in OPTIONAL or not words:
        return key, ""
    if key not in _KNOWN and words[0].startswith("-"):
        return key, ""
    return key, words.popleft()


def _short(word: str, words: deque[str]) -> Iterator[tuple[str, str]]:
    rest = word[1:]
    while rest:
        key, rest = SHORT_OPTIONS.get(rest[0], rest[0]), rest[1:]
        if key in FLAGS or key in SWITCHES:
            yield key, "true"
        elif key in OPTIONAL:
            yield key, rest
            return
        else:
            yield key, rest or (words.popleft() if words else "")
            return


def _plain(word: str) -> Iterator[tuple[str, str]]:
    """Yield a word without a dash as an option that reads a configuration file. uWSGI exits on any other."""
    path = word.rpartition(":")[0] or word
    for suffix, key in _FILES.items():
        if word.endswith(suffix) or path.endswith(suffix):
            yield key, word
            return


def _whole(name: str) -> str:
    """Return the option that an abbreviation stands for, the name itself if several options begin with it."""
    if name in _KNOWN:
        return name
    longer = [known for known in _KNOWN if known.startswith(name)]
    return longer[0] if len(longer) == 1 else name
