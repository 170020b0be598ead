"""The manual pages: enuf(1), one for each verb, and enuf.toml(5)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import click
from scripts.reference import command_line as line
from scripts.reference import roff
from scripts.reference.roff import CODE
from scripts.reference.texts import ROOT, Texts

from enuf import __version__
from enuf.cli.options import words_of
from enuf.cli.root import ALIASES, VERBS, root
from enuf.model.words import DOCUMENTATION
from enuf.settings.fields import FieldInfo, dotted_keys, sections
from enuf.settings.shapes import spelled

MAN = ROOT / "man"
FOLDERS = {"en": MAN, "ko": MAN / "ko"}
"""`man` looks for the pages of a language in the folder of that name, and for English ones beside it."""
MADE = "made by scripts/reference: make reference"
EXAMPLE = """
[serve]
listen = "0.0.0.0:8000"
processes = 4
timeout = "30s"

[static.extra]
"/media/" = "./media"
"""
COMMON_CODES = (0, 2, 5, 70, 130)
"""The exit codes of every verb."""
WORDS = {
    "en": {
        "name": "NAME", "synopsis": "SYNOPSIS", "about": "DESCRIPTION", "verbs": "VERBS", "options": "OPTIONS",
        "flags": "FLAGS OF SETTINGS", "shared": "OPTIONS OF EVERY VERB", "exits": "EXIT STATUS", "example": "EXAMPLE",
        "environment": "ENVIRONMENT", "files": "FILES", "see": "SEE ALSO", "settings": "SETTINGS", "alias": "Other names",
        "setting": "Setting:", "usual": "Default", "variable": "Variable", "flag": "Flag", "manual": "enuf manual",
        "toml": "settings of enuf",
    },
    "ko": {
        "name": "이름", "synopsis": "사용법", "about": "설명", "verbs": "명령", "options": "옵션",
        "flags": "설정용 플래그", "shared": "모든 명령의 옵션", "exits": "종료 코드", "example": "예",
        "environment": "환경 변수", "files": "파일", "see": "함께 보기", "settings": "설정 항목", "alias": "다른 이름",
        "setting": "설정:", "usual": "기본값", "variable": "환경 변수", "flag": "플래그", "manual": "enuf 설명서",
        "toml": "enuf의 설정 파일",
    },
}  # fmt: skip


def manual(texts: Texts) -> dict[Path, str]:
    """Return the manual pages of one language."""
    folder = FOLDERS[texts.language]
    pages = {folder / "man1/enuf.1": _program(texts), folder / "man5/enuf.toml.5": _settings_file(texts)}
    for name, (command, context) in line.commands().items():
        pages[folder / f"man1/enuf-{name}.1"] = _verb(texts, name, command, context)
    return pages


def left_over(made: Iterable[Path]) -> list[Path]:
    """Return the files below man/ that are no page of the manual any more."""
    return sorted({path for path in MAN.rglob("*") if path.is_file()} - set(made))


def _program(texts: Texts) -> str:
    """Return enuf(1)."""
    words = WORDS[texts.language]
    context = click.Context(root, info_name="enuf")
    options = [each for each in root.params if isinstance(each, click.Option)]
    own = [each for each in options if each.name == "version"]
    shared = [each for each in options if each.name != "version"]
    other = (
        (f"`enuf {name}`", f"`enuf {' '.join((verb, *flags))}`") for name, (verb, flags) in ALIASES.items()
    )
    return _page(
        texts,
        "enuf(1)",
        texts.of("help", "enuf", root.help),
        [
            ("synopsis", roff.tag("`enuf VERB [OPTIONS] [ARGUMENTS]`") + "\n"),
            ("about", roff.paragraphs(texts.of("manual", "about"))),
            ("verbs", roff.entries(_verbs(texts)) + roff.subsection(words["alias"], roff.entries(other))),
            ("options", roff.entries(line.option_row(texts, "enuf", option, context) for option in own)),
            ("shared", roff.entries(line.option_row(texts, "*", option, context) for option in shared)),
            ("exits", _exits(texts, map(int, texts.facts["exit_codes"]))),
            ("environment", _facts(texts, "manual.environment")),
            ("files", _facts(texts, "manual.files")),
            ("example", roff.literal(line.example_of(root))),
        ],
        ["enuf.toml(5)", *(f"enuf-{name}(1)" for name in VERBS)],
    )


def _verbs(texts: Texts) -> Iterator[tuple[str, str]]:
    return ((f"`enuf {name}`", texts.of("verbs", name, short)) for name, short in VERBS.items())


def _verb(texts: Texts, name: str, command: click.Command, context: click.Context) -> str:
    """Return the page of one verb."""
    usage = " ".join((context.command_path, *command.collect_usage_pieces(context)))
    own = roff.entries(line.option_row(texts, name, option, context) for option in line.own_options(command))
    flags = roff.entries(_flags(texts)) if line.takes_settings(command) else ""
    codes = sorted({*COMMON_CODES, *line.own_exit_codes(texts, name)})
    return _page(
        texts,
        f"enuf-{name}(1)",
        texts.of("verbs", name, VERBS[name]),
        [
            ("synopsis", f"{roff.inline(f'`{usage}`')}\n"),
            ("about", roff.paragraphs(line.description(texts, name, command))),
            ("options", own + _words(texts, command, context)),
            ("flags", flags),
            ("shared", f"{roff.inline(texts.of('manual', 'shared'))}\n"),
            ("exits", _exits(texts, codes)),
            ("example", roff.literal(line.example_of(command))),
        ],
        ["enuf(1)", "enuf.toml(5)"],
    )


def _words(texts: Texts, command: click.Command, context: click.Context) -> str:
    """Return a subsection for each command that a first word makes of a verb."""
    return "".join(
        roff.subsection(
            " ".join((word_context.command_path, *own.collect_usage_pieces(word_context))),
            roff.paragraphs(line.description(texts, name, own))
            + roff.entries(
                line.option_row(texts, name, option, word_context) for option in line.own_options(own)
            ),
        )
        for name, own, word_context in line.word_commands(command, context)
    )


def _flags(texts: Texts) -> Iterator[tuple[str, str]]:
    """Yield the flags that set a setting, with their keys."""
    by_flag = {field.flag: field for field in dotted_keys().values() if field.flag}
    for names, _, about in line.setting_flag_rows(texts):
        field = by_flag.get(CODE.findall(names)[-1].partition(" ")[0])
        yield names, about + (_values(texts, field) if field else "")


def _values(texts: Texts, field: FieldInfo) -> str:
    """Return the words that a setting takes, its default and its key."""
    words = WORDS[texts.language]
    values = ", ".join(f"`{word}`" for word in words_of(field))
    one_of = f" {texts.words['choices'].capitalize()}: {values}." if values else ""
    return f"{one_of} {words['usual']}: `{spelled(field.default)}`. {words['setting']} `{field.key}`."


def _settings_file(texts: Texts) -> str:
    """Return enuf.toml(5)."""
    words = WORDS[texts.language]
    shown = dotted_keys().values()
    parts = [
        roff.subsection(texts.words["top"], _settings(texts, (each for each in shown if not each.section)))
    ]
    for name, title in sections().items():
        fields = [field for field in shown if field.section == name]
        if fields:
            about = texts.of("sections", name, title.splitlines()[0])
            parts.append(roff.subsection(f"[{name}]", f"{roff.inline(about)}\n{_settings(texts, fields)}"))
    return _page(
        texts,
        "enuf.toml(5)",
        words["toml"],
        [
            ("about", roff.paragraphs(texts.of("manual", "settings"))),
            ("settings", "".join(parts)),
            ("example", roff.literal(EXAMPLE)),
        ],
        ["enuf(1)", "enuf-config(1)", "enuf-init(1)", "enuf-up(1)"],
    )


def _settings(texts: Texts, fields: Iterable[FieldInfo]) -> str:
    words = WORDS[texts.language]
    return roff.entries(
        (
            f"`{field.name}`",
            f"{texts.of('settings', field.key, field.description)} {words['usual']}: `{spelled(field.default)}`."
            f" {words['variable']}: `{field.env}`."
            + (f" {words['flag']}: `{field.flag}`." if field.flag else ""),
        )
        for field in fields
    )


def _facts(texts: Texts, table: str) -> str:
    """Return a list of facts whose names stand in the English texts."""
    names = texts.facts["manual"][table.rpartition(".")[2]]
    return roff.entries((f"`{name}`", texts.of(table, name)) for name in names)


def _exits(texts: Texts, codes: Iterable[int]) -> str:
    return roff.entries((f"`{code}`", texts.of("exit_codes", str(code))) for code in codes)


def _page(
    texts: Texts, name: str, about: str, parts: Iterable[tuple[str, str]], related: Iterable[str]
) -> str:
    """Return a whole page: `name` is that of a reference, such as enuf-up(1); empty parts are left out."""
    words = WORDS[texts.language]
    title, _, number = name.rstrip(")").partition("(")
    head = " ".join(map(roff.quoted, (title, number, "", f"enuf {__version__}", words["manual"])))
    summary = f"{roff.escaped(title)} \\- {roff.inline(about).rstrip('.')}\n"
    body = "".join(roff.section(words[key], text) for key, text in [("name", summary), *parts] if text)
    pages = ", ".join(f"{roff.bold(each[:-3])}{each[-3:]}" for each in related)
    see = roff.section(
        words["see"],
        f"{pages}\n.PP\n{roff.inline(texts.of('manual', 'see'))}\n.PP\n{roff.escaped(DOCUMENTATION)}\n",
    )
    return f'.\\" {MADE}\n.TH {head}\n.nh\n.ad l\n{body}{see}'
