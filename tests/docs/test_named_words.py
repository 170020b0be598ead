"""Every command, flag and setting that a page names exists, also where the page is not typed by a test."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import click
import pytest

from enuf.cli.root import ALIASES, HIDDEN, VERBS, root
from enuf.cli.verb import VerbCommand
from enuf.settings.fields import dotted_keys, sections

ROOT = Path(__file__).parents[2]
PAGES = sorted(
    str(path.relative_to(ROOT))
    for pattern in ("*.md", "docs/**/*.md", "src/enuf/doctor/rules/**/*.md", "src/enuf/cli/pages/*.toml")
    for path in ROOT.glob(pattern)
)
COMMAND = re.compile(
    r"(?:^\$ (?:.*?[ /;&(])??|`(?:sudo )?(?:\S*/)?)enuf (?:--project \S+ )?(?P<verb>[a-z]+)\b(?P<rest>(?: [^`\n|;&)#]*)?)",
    re.MULTILINE,
)
FLAG = re.compile(r"(?<=\s)--?[a-z][a-z0-9-]*")
SETTING = re.compile(r"`(?P<key>[a-z]+\.[a-z_]+)(?: = [^`]*)?`")
OTHER_KEYS = (
    "docs/en/reference/json.md",
    "docs/ko/reference/json.md",
    "docs/en/reference/files.md",
    "docs/ko/reference/files.md",
)
"""Pages whose dotted words are keys of JSON documents and names of files."""


def unknown_commands(text: str) -> Iterator[str]:
    """The commands whose verb, or one of whose flags, enuf does not have."""
    for found in COMMAND.finditer(text):
        verb, flags = ALIASES.get(found["verb"], (found["verb"], []))
        known = options_of(verb, found["rest"].split()) if verb in (*VERBS, *HIDDEN) else None
        if known is None or not {*FLAG.findall(found["rest"]), *flags} <= known:
            yield found[0].strip("$` ")


def options_of(verb: str, rest: Sequence[str] = ()) -> set[str]:
    """The names of a verb's options; of another command where the word behind the verb makes it one."""
    command = root.get_command(click.Context(root), verb)
    assert command is not None
    if isinstance(command, VerbCommand) and rest and rest[0] in command.words:
        command = command.word_command(rest[0])
    return {"-h", "--help", *(name for each in command.params for name in each.opts)}


def unknown_settings(text: str) -> Iterator[str]:
    """The words that look like a setting of one of enuf's sections and are none."""
    for found in SETTING.finditer(text):
        if found["key"].partition(".")[0] in sections() and found["key"] not in dotted_keys():
            yield found["key"]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_names_only_commands_and_settings_that_exist(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert list(unknown_commands(text)) == []
    if name not in OTHER_KEYS:
        assert [key for key in unknown_settings(text) if not is_file_name(key)] == []


def is_file_name(word: str) -> bool:
    """True for `cache.py`."""
    return word.endswith((".py", ".toml", ".pem", ".log", ".html", ".conf"))


def test_a_command_and_a_setting_that_do_not_exist_are_noticed() -> None:
    text = "$ cd x && enuf lanch\n`sudo .venv/bin/enuf up --prot 80`, `enuf up --port 80`, `serve.thread = 2`, `serve.threads`"
    assert list(unknown_commands(text)) == ["cd x && enuf lanch", "sudo .venv/bin/enuf up --prot 80"]
    assert list(unknown_settings(text)) == ["serve.thread"]
